/** DetectionGraph of a graph in memory. */
import type { Csr } from '../core/csr.ts';
import { neighborhoodsOf } from '../core/neighborhoods.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { DetectionGraph } from './metropolis-hastings.ts';
import type { WeightFormat } from './options.ts';
import { colorPhases } from './phases.ts';
import { fixedMultiple, fixedUnit, largestWeight, placeGraph } from './placed-graph.ts';

/** Lies in kernel memory for as long as the scope it is made in. @param graph symmetric, no diagonal, weights > 0 */
export async function placeDetectionGraph(
  kernels: Kernels,
  graph: Csr,
  weightFormat: WeightFormat = 'float32',
): Promise<DetectionGraph> {
  const phases = await colorPhases(kernels, graph);
  return {
    placed: await placeGraph(kernels, graph, phases, weightFormat),
    neighborhoods: neighborhoodsOf(weightFormat === 'fixed16' ? rounded(graph) : graph),
  };
}

/** The weights as 16-bit fixed point gives them back. */
function rounded(graph: Csr): Csr {
  if (!graph.data) return graph;
  const unit = fixedUnit(largestWeight(graph.data));
  return { ...graph, data: graph.data.map((weight) => fixedMultiple(weight, unit) * unit) };
}

/** Opens kernels without Node: one thread, compiled code handed in. */
import { Arena } from './arena.ts';
import { Kernels } from './kernels.ts';
import { compile, createMemory, instantiate } from './load.ts';

/** Memory that a small host grants without asking. */
const DEFAULT_MEMORY_BYTES = 64 * 2 ** 20;

/**
 * @param source  core.wasm: a compiled module, or its bytes where the host allows compiling
 * @throws SimClustersError OUT_OF_MEMORY
 */
export function openEdgeKernels(
  source: WebAssembly.Module | Uint8Array<ArrayBuffer>,
  maxMemoryBytes = DEFAULT_MEMORY_BYTES,
): Kernels {
  const memory = createMemory(maxMemoryBytes, false);
  const { exports, heapBase } = instantiate(compile(source), memory);
  return new Kernels(new Arena(memory.buffer, heapBase), exports);
}

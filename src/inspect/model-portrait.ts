/** What can be told of a model as a whole, from its manifest and the names of its clusters. */
import type { InputRecord, Manifest } from '../pipeline/manifest.ts';
import { type ArtifactName, artifactTypes } from '../stages/artifacts.ts';
import type { StageReport } from '../stages/stage.ts';
import { bestPlaces, type ClusterName, type Clusters, clusterName } from './rows.ts';

export interface ModelPortrait {
  readonly kind: 'model';
  readonly folder: string;
  readonly modelVersion: string;
  readonly status: Manifest['status'];
  readonly updatedAt: string;
  readonly packageVersion: string;
  readonly seed: string;
  readonly numThreads: number;
  readonly preset: Manifest['preset'];
  readonly inputs: readonly (InputRecord & { readonly stage: string })[];
  readonly stages: readonly {
    readonly name: string;
    readonly skipped?: string;
    readonly bytes: number;
    readonly seconds: number;
    readonly peakRssBytes: number;
    readonly report: StageReport;
  }[];
  /** Absent until the clusters have names. */
  readonly communities?: {
    /** Communities with members. */
    readonly total: number;
    /** By number of producers. */
    readonly largest: readonly (ClusterName & {
      readonly numProducers: number;
      readonly numConsumers: number;
    })[];
  };
  readonly artifacts: readonly {
    readonly name: string;
    readonly summary: string;
    readonly numRows: number;
    readonly bytes: number;
  }[];
}

/** @param count  communities at most */
export function modelPortrait(
  folder: string,
  manifest: Manifest,
  clusters: Clusters | undefined,
  count: number,
): ModelPortrait {
  const { modelVersion, status, updatedAt, packageVersion, seed, numThreads, preset } = manifest;
  const stages = Object.entries(manifest.stages);
  const outputs = stages.flatMap(([, { outputs }]) => Object.entries(outputs));
  return {
    kind: 'model',
    folder,
    ...{ modelVersion, status, updatedAt, packageVersion, seed, numThreads, preset },
    inputs: stages.flatMap(([stage, { inputs }]) => inputs.map((input) => ({ stage, ...input }))),
    stages: stages.map(([name, { skipped, outputs, seconds, peakRssBytes, report }]) => ({
      ...{ name, skipped, seconds, peakRssBytes, report },
      bytes: Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0),
    })),
    communities: clusters && communitiesOf(clusters, count),
    artifacts: outputs.map(([name, { numRows, bytes }]) => ({
      ...{ name, numRows, bytes },
      summary: artifactTypes[name as ArtifactName]?.summary ?? '',
    })),
  };
}

function communitiesOf(clusters: Clusters, count: number): ModelPortrait['communities'] {
  const { numProducers, numConsumers } = clusters;
  return {
    total: numProducers.reduce((sum, size) => sum + (size > 0 ? 1 : 0), 0),
    largest: bestPlaces(count, numProducers.length, (id) => numProducers[id]).map(({ place }) => ({
      ...clusterName(clusters, place),
      numProducers: numProducers[place],
      numConsumers: numConsumers[place],
    })),
  };
}

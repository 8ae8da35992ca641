/** A model folder for the bench: the items of a drawn stream, and as little of all else as a server reads. */
import { mkdirSync } from 'node:fs';
import { type Csr, csrFromRows } from '../../src/core/csr.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import type { Column } from '../../src/core/table.ts';
import { MANIFEST_VERSION, type Manifest, type OutputRecord } from '../../src/pipeline/manifest.ts';
import { writeArtifact, writeManifest } from '../../src/pipeline/model-folder.ts';
import { type ArtifactName, SCHEMA_VERSION } from '../../src/stages/artifacts.ts';
import { type Artifact, matrixArtifact, namedClusters, namedIds } from '../../src/stages/stage.ts';

const scalar = (values: Uint32Array | Float32Array | Float64Array): Column => ({ kind: 'scalar', values });
const texts = (names: readonly string[]) => namedIds('name', idTableFromStrings(names)).column;

/** Items are `item-0`, `item-1`, ...; one producer and one user stand for all. */
export async function writeBenchModel(folder: string, items: Csr, modelVersion: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const one = csrFromRows(items.numCols, [[[1, 1]]]);
  const named = (name: string, prefix: string, count: number) =>
    namedIds(name, idTableFromStrings(Array.from({ length: count }, (_, i) => `${prefix}-${i}`)));
  const scores = one.data as Float32Array;
  const interests = ['followScore', 'favScore', 'logFavScore', 'followScoreClusterNormalizedOnly'];
  const clusters = namedClusters(items.numCols);
  const artifacts: Partial<Record<ArtifactName, Artifact>> = {
    followGraph: matrixArtifact(
      named('consumerId', 'user', 1),
      csrFromRows(1, [[[0, 1]]]),
      'producerIndex',
      {},
    ),
    producerNorms: table(1, {
      producerId: named('producerId', 'producer', 1).column,
      followerL2Norm: scalar(Float32Array.of(1)),
    }),
    knownFor: matrixArtifact(named('producerId', 'producer', 1), one, 'clusterId', { knownForScore: scores }),
    followBasedProducer: matrixArtifact(named('producerId', 'producer', 1), one, 'clusterId', {
      score: scores,
    }),
    interestedIn: matrixArtifact(
      named('consumerId', 'user', 1),
      one,
      'clusterId',
      Object.fromEntries(interests.map((name) => [name, scores])),
    ),
    clusterToProducers: matrixArtifact(
      clusters,
      csrFromRows(
        1,
        Array.from({ length: items.numCols }, (_, cluster) => (cluster === 1 ? [[0, 1]] : [])),
      ),
      'producerIndex',
      { score: scores },
    ),
    clusterInterest: table(items.numCols, {
      clusterId: clusters.column,
      numUsersInterestedInThisClusterUpperBound: scalar(new Uint32Array(items.numCols)),
    }),
    clusters: table(items.numCols, {
      clusterId: clusters.column,
      name: texts(Array.from({ length: items.numCols }, (_, i) => (i === 0 ? '' : `community ${i}`))),
    }),
    items: table(items.numRows, {
      itemId: named('itemId', 'item', items.numRows).column,
      authorProducerIndex: scalar(new Uint32Array(items.numRows).fill(0xffffffff)),
      firstEventTimeMs: scalar(Float64Array.from({ length: items.numRows }, (_, i) => 1.7e12 + i)),
    }),
    tweetEmbedding: matrixArtifact(named('itemId', 'item', items.numRows), items, 'clusterId', {
      score: items.data as Float32Array,
    }),
  };
  const outputs: Partial<Record<ArtifactName, OutputRecord>> = {};
  for (const [name, artifact] of Object.entries(artifacts) as [ArtifactName, Artifact][])
    outputs[name] = await writeArtifact(folder, name, artifact);
  await writeManifest(folder, manifestOf(modelVersion, outputs));
}

function table(numRows: number, columns: Readonly<Record<string, Column>>): Artifact {
  return { table: { numRows, columns }, attributes: {} };
}

function manifestOf(modelVersion: string, outputs: Partial<Record<ArtifactName, OutputRecord>>): Manifest {
  const stage = { key: '', params: {}, inputs: [], outputs, report: {}, seconds: 0, peakRssBytes: 0 };
  return {
    format: 'simclusters-model',
    manifestVersion: MANIFEST_VERSION,
    schemaVersion: SCHEMA_VERSION,
    modelVersion,
    status: 'complete',
    updatedAt: '',
    codeVersion: '',
    packageVersion: '',
    wasmSha256: '',
    seed: '',
    numThreads: 1,
    preset: undefined,
    given: {},
    stages: { drawn: stage as unknown as Manifest['stages'][string] },
  };
}

/** A model of many producers with long ids, held in memory: the page stays small and says what it leaves out. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Csr } from '../../src/core/csr.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import type { Manifest } from '../../src/pipeline/manifest.ts';
import type { ModelReader } from '../../src/pipeline/model-folder.ts';
import { gatherReport } from '../../src/report/gather.ts';
import { INTEREST_SCORE } from '../../src/report/gather-users.ts';
import { renderReport } from '../../src/report/report.ts';
import { type Artifact, matrixArtifact, namedClusters, namedIds } from '../../src/stages/stage.ts';

const numProducers = 200_000;
const perCommunity = 10;
const numCommunities = numProducers / perCommunity;
const numUsers = 50_000;

/** Rows of equal length; entry j of row i is `columnOf(i, j)`. */
function regular(
  numRows: number,
  numCols: number,
  length: number,
  columnOf: (row: number, j: number) => number,
): Csr {
  const indptr = Uint32Array.from({ length: numRows + 1 }, (_, row) => row * length);
  const indices = Uint32Array.from({ length: numRows * length }, (_, i) =>
    columnOf(Math.floor(i / length), i % length),
  );
  const data = Float32Array.from({ length: indices.length }, (_, i) => 1 / (1 + (i % length) + (i % 7)));
  return { numRows, numCols, indptr, indices, data };
}

const idsOf = (kind: string, size: number) =>
  idTableFromStrings(Array.from({ length: size }, (_, i) => `${kind}<${i}>${'&'.repeat(90)}`));
const producerIds = idsOf('producer', numProducers);
const named = (name: string, kind: string, size: number) => namedIds(name, idsOf(kind, size));
const valued = (
  ids: Parameters<typeof matrixArtifact>[0],
  matrix: Csr,
  index: string,
  value: string,
): Artifact => matrixArtifact(ids, matrix, index, { [value]: matrix.data as Float32Array });

const clusterOf = (producer: number) => 1 + Math.floor(producer / perCommunity);
const toTopics = regular(numCommunities + 1, 1000, 6, (row, j) => (row + j) % 1000);
const artifacts: Record<string, Artifact> = {
  producers: {
    table: {
      numRows: numProducers,
      columns: {
        producerId: namedIds('producerId', producerIds).column,
        followerCount: {
          kind: 'scalar',
          values: Uint32Array.from({ length: numProducers }, (_, i) => i % 5000),
        },
      },
    },
    attributes: {},
  },
  knownFor: valued(
    namedIds('producerId', producerIds),
    regular(numProducers, numCommunities + 1, 1, clusterOf),
    'clusterId',
    'knownForScore',
  ),
  producerSimilarity: valued(
    namedIds('producerId', producerIds),
    regular(numProducers, numProducers, 10, (row, j) => (row + 1 + j) % numProducers),
    'neighborIndex',
    'similarity',
  ),
  topicEmbedding: valued(
    named('topicId', 'topic', 1000),
    regular(1000, numCommunities + 1, 1, () => 1),
    'clusterId',
    'score',
  ),
  clusterToTopics: valued(namedClusters(numCommunities + 1), toTopics, 'topicIndex', 'score'),
  interestedIn: valued(
    named('consumerId', 'consumer', numUsers),
    regular(numUsers, numCommunities + 1, 9, (row, j) => 1 + ((row + 5 * j) % numCommunities)),
    'clusterId',
    INTEREST_SCORE,
  ),
};
const manifest = {
  modelVersion: 'large',
  status: 'partial',
  stages: {},
  seed: '1',
  numThreads: 1,
  packageVersion: '0',
  codeVersion: '0',
} as unknown as Manifest;
const model: ModelReader = {
  folder: '',
  manifest,
  has: (name) => name in artifacts,
  read: (name) => artifacts[name],
};

test('what is embedded is capped and what is not is told', () => {
  const report = gatherReport(model);
  const page = renderReport(manifest, report);
  assert.ok(Buffer.byteLength(page) < 3e6, `${Buffer.byteLength(page)} bytes`);
  const { communities, neighbors, users } = report;
  assert.ok(communities!.communities.length > 500);
  assert.ok(users!.users.length > 100 && users!.users.length <= 400);
  assert.ok(neighbors!.neighborhoods.length > 100);
  for (const { leftOut } of [communities!, neighbors!, users!])
    assert.match(leftOut.join(), /This page holds/);
});

test.run();

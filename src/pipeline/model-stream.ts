/** A stream over a model: events add the interests that the model found. */
import { join } from 'node:path';
import type { Csr } from '../core/csr.ts';
import { SimClustersError } from '../core/errors.ts';
import { idsOf, matrixOf } from '../stages/stage.ts';
import type { EngineOptions, Interests } from '../stream/engine.ts';
import type { SnapshotOptions } from '../stream/snapshot.ts';
import type { StreamOptions } from '../stream/stream.ts';
import { outputsOf, readArtifact, readManifest } from './model-folder.ts';

/** What a stream counts, keeps and shows, whichever way its events come. */
export interface StreamSettings {
  readonly engine: EngineOptions;
  readonly snapshot: Partial<SnapshotOptions>;
  /** Interests count from this raw favScore on. Absent: as the model says. */
  readonly favScoreThreshold?: number;
  /** Go back to the last checkpoint where the journal is damaged. */
  readonly discardJournal: boolean;
  readonly checkpointSeconds: number;
  /** Clients that are remembered with the number of their last post. */
  readonly maxClients: number;
  /** 0: none. */
  readonly snapshotSeconds: number;
}

/** @param folder  where the state lies  @throws SimClustersError NO_MODEL */
export function modelStreamOptions(
  folder: string,
  model: string,
  { engine, snapshot, favScoreThreshold, discardJournal }: StreamSettings,
  log: (line: string) => void,
): StreamOptions {
  const interests = interestsOfModel(model);
  const favThreshold = favScoreThreshold ?? interests.favThreshold;
  return {
    folder,
    log,
    interests,
    discardJournal,
    readInterests: (file) => readInterests(file, favThreshold),
    engine,
    snapshot,
  };
}

/** Where the model's interests lie and which they are. @throws SimClustersError NO_MODEL */
export function interestsOfModel(
  folder: string,
): StreamOptions['interests'] & { readonly favThreshold: number } {
  const manifest = readManifest(folder);
  const record = manifest && outputsOf(manifest).get('interestedIn');
  if (!manifest || !record) {
    throw new SimClustersError('NO_MODEL', {
      file: folder,
      got: manifest ? 'a model without interestedIn' : 'no manifest.json',
      expected: 'a model folder with interestedIn',
      todo: 'Build one with `simclusters run --model DIR`, or check the path',
    });
  }
  const { params } = manifest.stages['tweet-embeddings'] ?? {};
  const favThreshold = params?.['favScoreThresholdForUserInterest'];
  return {
    file: join(folder, record.file),
    version: record.sha256.slice(0, 16),
    favThreshold: typeof favThreshold === 'number' ? favThreshold : DEFAULT_FAV_THRESHOLD,
  };
}

/** Source: summingbird Configs.scala. */
const DEFAULT_FAV_THRESHOLD = 0.3;

/**
 * N[u, c] = logFavScoreClusterNormalizedOnly where the raw favScore is at least the threshold; other entries are left out.
 * @throws SimClustersError BAD_ARTIFACT, EMPTY_INPUT
 */
export function readInterests(file: string, favThreshold: number): Interests {
  const artifact = readArtifact('', { file, bytes: 0, sha256: '', numRows: 0 }, false);
  const matrix = matrixOf(artifact, 'clusterId', 'logFavScoreClusterNormalizedOnly');
  const { data: favScore } = matrixOf(artifact, 'clusterId', 'favScore');
  if (!matrix.data || !favScore) {
    throw new SimClustersError('EMPTY_INPUT', {
      file,
      got: 'interests without favs',
      expected: 'interests with favScore and logFavScoreClusterNormalizedOnly',
      todo: 'Build the model with --engagements: what a fav adds to an item comes from the favs of its user',
    });
  }
  return { actors: idsOf(artifact, 'consumerId'), scores: gated(matrix, favScore, favThreshold) };
}

function gated(
  { numRows, numCols, indptr, indices, data }: Csr,
  favScore: Float32Array,
  threshold: number,
): Csr {
  const kept = Array.from(indices.keys()).filter((i) => favScore[i] >= threshold && data![i] > 0);
  const rowEnds = new Uint32Array(numRows + 1);
  for (let row = 0, next = 0; row < numRows; row++) {
    while (next < kept.length && kept[next] < indptr[row + 1]) next++;
    rowEnds[row + 1] = next;
  }
  return {
    numRows,
    numCols,
    indptr: rowEnds,
    indices: Uint32Array.from(kept, (i) => indices[i]),
    data: Float32Array.from(kept, (i) => data![i]),
  };
}

/**
 * Files of communities as sbf writes them. Numbers of vertices and communities are 1-based.
 *
 * | file | lines | a line |
 * |---|---|---|
 * | rows | one per vertex | its communities, ascending, separated by blanks; blank: none |
 * | cols | one per community | its members, ascending, separated by blanks; blank: none |
 * | members by id | one per community | the ids of its members as the input had them, separated by tabs |
 * | scored rows | one per vertex | `community:score` separated by blanks, scores as C's `%.2g` |
 * | precision | one per community | its precision with two decimals |
 *
 * Vertex i is line i of a METIS file. In an edge list it is the i-th id of the id table, which nobody sees from outside:
 * for such input the file of members by id is the one to keep.
 */
import { stat } from 'node:fs/promises';
import { SimClustersError } from '../core/errors.ts';
import type { IdTable } from '../core/ids.ts';
import { communitiesOf, type Memberships, membersOf } from '../core/memberships.ts';
import { writeFileAtomically } from './atomic-file.ts';
import { printG2 } from './printf-number.ts';
import { writeToStream } from './stream-output.ts';
import { TextPieces, tsvEscapes } from './text-pieces.ts';

const tab = 9;
const newline = 10;
const blank = 32;
const colon = 58;

/**
 * Writes one of the texts below to a file, whole or not at all, or piece by piece to standard output for `-`.
 * @throws SimClustersError WRITE_FAILED
 */
export async function writeText(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  if (path === '-') await writeToStream(process.stdout, 'standard output', pieces);
  else await writeFileAtomically(path, pieces);
}

/**
 * As `writeText`, but an existing file stays.
 * @throws SimClustersError WRITE_FAILED, also when the file exists
 */
export async function writeNewText(path: string, pieces: Iterable<Uint8Array>): Promise<void> {
  await demandNewFile(path);
  await writeText(path, pieces);
}

/** For the start of a run, so that hours of work do not end at a file that is in the way. */
export async function demandNewFile(path: string): Promise<void> {
  const exists = path !== '-' && (await stat(path).then(Boolean, () => false));
  if (!exists) return;
  throw new SimClustersError('WRITE_FAILED', {
    file: path,
    got: 'a file that exists',
    expected: 'a new file: this output never overwrites',
    todo: 'move the file away, or give another name',
  });
}

/** The rows file. */
export function* rowsPieces(memberships: Memberships): Generator<Uint8Array> {
  const out = new TextPieces();
  for (let v = 0; v < memberships.numVertices; v++) {
    const communities = communitiesOf(memberships, v);
    for (let i = 0; i < communities.length; i++) {
      if (i > 0) out.byte(blank);
      out.decimal(communities[i] + 1);
    }
    out.byte(newline);
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

/** The scored rows. @param scores one per place of `memberships.rows` */
export function* scoredRowsPieces(
  memberships: Memberships,
  scores: Float32Array | Float64Array,
): Generator<Uint8Array> {
  const out = new TextPieces();
  const { numVertices, width } = memberships;
  for (let v = 0; v < numVertices; v++) {
    const communities = communitiesOf(memberships, v);
    for (let i = 0; i < communities.length; i++) {
      if (i > 0) out.byte(blank);
      out.decimal(communities[i] + 1);
      out.byte(colon);
      out.ascii(printG2(scores[v * width + i]));
    }
    out.byte(newline);
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

/** The cols file. */
export function* colsPieces(memberships: Memberships): Generator<Uint8Array> {
  yield* memberLines(memberships, blank, (out, v) => out.decimal(v + 1));
}

/** Members by id. Tabs, line ends and backslashes in ids are written `\t`, `\n`, `\r` and `\\`. */
export function* membersByIdPieces(memberships: Memberships, ids: IdTable): Generator<Uint8Array> {
  yield* memberLines(memberships, tab, (out, v) => out.id(ids, v, tsvEscapes));
}

/** The precision file. Values from 0 to 1. */
export function* precisionPieces(precisions: ArrayLike<number>): Generator<Uint8Array> {
  const out = new TextPieces();
  for (let c = 0; c < precisions.length; c++) {
    out.ascii(`${precisions[c].toFixed(2)}\n`);
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

function* memberLines(
  memberships: Memberships,
  separator: number,
  append: (out: TextPieces, v: number) => void,
): Generator<Uint8Array> {
  const out = new TextPieces();
  const { indptr, members } = membersOf(memberships);
  for (let c = 0; c < memberships.numCommunities; c++) {
    for (let at = indptr[c]; at < indptr[c + 1]; at++) {
      if (at > indptr[c]) out.byte(separator);
      append(out, members[at]);
      // One community may hold most of the vertices.
      if (out.isFull) yield out.take();
    }
    out.byte(newline);
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { idStrings } from '../../src/core/ids.ts';
import type { MemberLists } from '../../src/core/member-lists.ts';
import { membershipsFromRows } from '../../src/core/memberships.ts';
import { colsPieces } from '../../src/io/community-writer.ts';
import { readEdges } from '../../src/io/edge-reader.ts';
import { edgePieces, metisPieces } from '../../src/io/graph-text.ts';
import { gzipPieces } from '../../src/io/gzip-pieces.ts';
import { IdLookup } from '../../src/io/id-lookup.ts';
import { readMemberLists } from '../../src/io/member-lists.ts';
import { Random } from '../fixtures/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'member-lists-'));

function fileOf(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** Communities as lists of ids. */
function named({ indptr, members }: MemberLists, ids: IdLookup): string[][] {
  const texts = idStrings(ids.toTable());
  return Array.from({ length: indptr.length - 1 }, (_, c) =>
    [...members.subarray(indptr[c], indptr[c + 1])].map((v) => texts[v]),
  );
}

const sample = '# a comment\nanna 7\tбор 7\n\n  12 anna\r\n \n9';
const wanted = [['anna', '7', 'бор'], [], ['anna', '12'], [], ['9']];

test('ids of any kind, blank lines as empty communities, comments, repeats; also compressed', async () => {
  for (const content of [sample, gzipSync(sample)]) {
    const ids = new IdLookup();
    assert.equal(named(await readMemberLists(fileOf('sample', content), ids), ids), wanted);
  }
});

test('a second file shares the numbers of the first', async () => {
  const ids = new IdLookup();
  const first = await readMemberLists(fileOf('first', 'a b\nc\n'), ids);
  const second = await readMemberLists(fileOf('second', 'c d\nb\n'), ids);
  assert.equal([...first.members], [0, 1, 2]);
  assert.equal([...second.members], [2, 3, 1]);
  assert.is(ids.size, 4);
});

test('what cannot be read is said with its place', async () => {
  const reading = (content: string | Uint8Array) => readMemberLists(fileOf('bad', content), new IdLookup());
  const failure = (content: string | Uint8Array) => reading(content).catch((error) => error);
  assert.is((await failure('# nothing\n')).code, 'EMPTY_INPUT');
  const tooLong = await failure(`1 2\n3 ${'x'.repeat(1025)}\n`);
  assert.is(tooLong.code, 'BAD_ROW');
  assert.equal([tooLong.facts.line, tooLong.facts.column], [2, 2]);
  assert.is((await failure(Uint8Array.of(65, 0, 66))).code, 'BAD_FILE');
});

test('what is written is read back', async () => {
  const communities = membershipsFromRows(3, [[0, 2], [], [2], [0]]);
  const ids = new IdLookup();
  const file = fileOf('written', Buffer.concat([...colsPieces(communities)]));
  assert.equal(named(await readMemberLists(file, ids), ids), [['1', '4'], [], ['1', '3']]);
});

for (const isWeighted of [false, true]) {
  test(`graphs are read back as they were written, ${isWeighted ? 'with' : 'without'} weights`, async () => {
    const { data, ...pattern } = new Random(1).graph(30);
    const graph = isWeighted ? { ...pattern, data } : pattern;
    const metis = fileOf('graph.metis', Buffer.concat([...gzipPieces(metisPieces(graph))]));
    const edges = await readEdges({ files: [metis] });
    assert.equal([...edges.producers], [...graph.indices]);
    assert.equal(edges.weights && [...edges.weights], isWeighted ? [...data] : undefined);

    const list = fileOf('graph.tsv', Buffer.concat([...edgePieces(graph)]));
    const half = await readEdges({ files: [list] });
    const numbers = [half.consumerIds, half.producerIds].map((ids) => idStrings(ids).map(Number));
    const read = Array.from({ length: half.numEdges }, (_, e) => [
      numbers[0][half.consumers[e]] - 1,
      numbers[1][half.producers[e]] - 1,
      half.weights ? half.weights[e] : 1,
    ]);
    const upper: number[][] = [];
    for (let u = 0; u < graph.numRows; u++)
      for (let i = graph.indptr[u]; i < graph.indptr[u + 1]; i++)
        if (graph.indices[i] > u) upper.push([u, graph.indices[i], isWeighted ? data[i] : 1]);
    assert.equal(read, upper);
  });
}

test.run();

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { communitiesOf, type Memberships, membershipsFromRows } from '../../src/core/memberships.ts';
import {
  readColsFile,
  readMembersByIdFile,
  readRowsFile,
  readScoredRowsFile,
} from '../../src/io/community-reader.ts';
import {
  colsPieces,
  demandNewFile,
  membersByIdPieces,
  precisionPieces,
  rowsPieces,
  scoredRowsPieces,
  writeNewText,
  writeText,
} from '../../src/io/community-writer.ts';
import { printG2 } from '../../src/io/printf-number.ts';
import { fails } from '../fixtures/fails.ts';

const folder = mkdtempSync(join(tmpdir(), 'community-files-'));
const test = suite('files of communities');
test.after(() => rmSync(folder, { recursive: true }));

let numFiles = 0;

function fileOf(content: string | Uint8Array): string {
  const path = join(folder, `${numFiles++}.txt`);
  writeFileSync(path, content);
  return path;
}

function textOf(pieces: Iterable<Uint8Array>): string {
  return Buffer.concat([...pieces]).toString();
}

function listsOf(memberships: Memberships): number[][] {
  return Array.from({ length: memberships.numVertices }, (_, v) => [...communitiesOf(memberships, v)]);
}

/** Up to 4 of up to 9 communities per vertex. */
const anyMemberships = fc
  .tuple(
    fc.integer({ min: 1, max: 9 }),
    fc.array(fc.array(fc.nat(8), { maxLength: 4 }), { minLength: 1, maxLength: 20 }),
  )
  .map(([k, rows]) =>
    membershipsFromRows(
      k,
      rows.map((row) => row.map((c) => c % k)),
    ),
  );

test('%.2g as the C library prints it', () => {
  const known: [number, string][] = [
    [0.75, '0.75'],
    [1, '1'],
    [0.0586424, '0.059'],
    [123456, '1.2e+05'],
    [0.00001234, '1.2e-05'],
    [0.995, '0.99'],
    [100, '1e+02'],
    // Exact halves go to the even digit.
    [0.125, '0.12'],
    [0.375, '0.38'],
    [0.625, '0.62'],
    [12.5, '12'],
    [13.5, '14'],
    [99.5, '1e+02'],
    [9.95, '9.9'],
    [0.0001, '0.0001'],
    [0.00009999, '0.0001'],
    [0.999, '1'],
    [99.4, '99'],
    [20, '20'],
    [0.5, '0.5'],
    [1e-7, '1e-07'],
    [2.5e10, '2.5e+10'],
    [1e100, '1e+100'],
    [5e-324, '4.9e-324'],
    [-0.25, '-0.25'],
    [0.0995, '0.1'],
    [Math.fround(0.995), '1'],
    [Math.fround(0.1), '0.1'],
    [Math.fround(1 / 3), '0.33'],
    [0, '0'],
    [-0, '-0'],
    [Number.POSITIVE_INFINITY, 'inf'],
    [Number.NaN, 'nan'],
  ];
  for (const [value, text] of known) assert.is(printG2(value), text, String(value));
});

test('what stands in the files', () => {
  const memberships = membershipsFromRows(3, [[2, 0], [], [0]]);
  assert.is(textOf(rowsPieces(memberships)), '1 3\n\n1\n');
  assert.is(textOf(colsPieces(memberships)), '1 3\n\n1\n');
  const scores = Float32Array.of(0.75, 0.0586424, 9, 9, 1, 9);
  assert.is(textOf(scoredRowsPieces(memberships, scores)), '1:0.75 3:0.059\n\n1:1\n');
  assert.is(textOf(precisionPieces([1, 0.333, 0])), '1.00\n0.33\n0.00\n');
  const ids = idTableFromStrings(['ann o', 'b', 'c\td\\e']);
  assert.is(textOf(membersByIdPieces(memberships, ids)), 'ann o\tc\\td\\\\e\n\nann o\n');
});

test('rows and cols read back as written, also in pieces and compressed', async () => {
  await fc.assert(
    fc.asyncProperty(anyMemberships, fc.boolean(), async (memberships, isCompressed) => {
      const { numVertices, numCommunities } = memberships;
      const pack = (pieces: Iterable<Uint8Array>) => {
        const bytes = Buffer.concat([...pieces]);
        return fileOf(isCompressed ? gzipSync(bytes) : bytes);
      };
      const shape = { numVertices, numCommunities };
      assert.equal(await readRowsFile(pack(rowsPieces(memberships)), shape), memberships);
      assert.equal(await readColsFile(pack(colsPieces(memberships)), numVertices), memberships);
    }),
    { numRuns: 40 },
  );
  // More than one piece.
  const many = membershipsFromRows(
    40_000,
    Array.from({ length: 40_000 }, (_, v) => [v, (v * 7) % 40_000]),
  );
  const path = join(folder, 'many.txt');
  await writeText(path, rowsPieces(many));
  assert.equal(listsOf(await readRowsFile(path, { numVertices: 40_000 })), listsOf(many));
  await writeText(path, colsPieces(many));
  assert.equal(listsOf(await readColsFile(path, 40_000)), listsOf(many));
  assert.not.ok(
    readdirSync(folder).some((name) => name.includes('.tmp-')),
    'nothing is left over',
  );
});

test('scored rows read back with two digits', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyMemberships,
      fc.infiniteStream(fc.float({ min: 0, max: 1, noNaN: true })),
      async (m, stream) => {
        const scores = Float32Array.from(m.rows, (c) => (c === m.numCommunities ? 0 : stream.next().value));
        const file = fileOf(textOf(scoredRowsPieces(m, scores)));
        const read = await readScoredRowsFile(file, {
          numVertices: m.numVertices,
          numCommunities: m.numCommunities,
        });
        assert.equal(read.memberships, m);
        assert.equal(
          read.scores,
          scores.map((score) => Number(printG2(score))),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('rows: any order, blanks and tabs, CRLF; k is the largest number unless it is given', async () => {
  const read = await readRowsFile(fileOf('3 1\r\n\t\n 2\t4 '), { numVertices: 3 });
  assert.is(read.numCommunities, 4);
  assert.equal(listsOf(read), [[0, 2], [], [1, 3]]);
  assert.is((await readRowsFile(fileOf('1\n\n\n\n'), { numVertices: 2 })).numVertices, 2);
  assert.is((await readRowsFile(fileOf('1\n'), { numVertices: 1, numCommunities: 9 })).numCommunities, 9);
  const scored = await readScoredRowsFile(fileOf('3:0.5 1:1e-05\n'), { numVertices: 1 });
  assert.equal(scored.scores, Float32Array.of(1e-5, 0.5));
});

test('rows and cols that are wrong say where', async () => {
  const rows = (text: string, numCommunities?: number) =>
    readRowsFile(fileOf(text), { numVertices: 2, numCommunities });
  await fails(rows('1\n'), 'BAD_FILE', { got: '1 lines', expected: /^2, one for each vertex/ });
  await fails(rows('1\n\n\n2\n'), 'BAD_FILE', { line: 4 });
  await fails(rows('1\n2 0\n'), 'BAD_ROW', { line: 2, column: 2, got: '"0"', expected: /from 1/ });
  await fails(rows('1\n4\n', 3), 'BAD_ROW', { line: 2, got: '"4"', expected: /from 1 to 3/ });
  await fails(rows('1\n1.5\n'), 'BAD_ROW', { line: 2, got: '"1.5"' });
  await fails(rows('-1\n\n'), 'BAD_ROW', { line: 1 });
  await fails(rows('1\n2 1 2\n'), 'BAD_ROW', { line: 2, got: 'community 2 twice' });
  const scored = (text: string) => readScoredRowsFile(fileOf(text), { numVertices: 1 });
  await fails(scored('1\n'), 'BAD_ROW', { expected: /community:score/ });
  await fails(scored('1:x\n'), 'BAD_ROW', { got: '"1:x"' });
  await fails(scored(':1\n'), 'BAD_ROW', { got: '":1"' });
  await fails(readColsFile(fileOf('1\n3\n'), 2), 'BAD_ROW', {
    line: 2,
    expected: /vertex number from 1 to 2/,
  });
  await fails(readColsFile(fileOf('1\n2 1 2\n'), 2), 'BAD_ROW', {
    line: 2,
    column: 3,
    got: '"2" twice',
  });
  await fails(readColsFile(fileOf(''), 2), 'EMPTY_INPUT');
  await fails(readColsFile(join(folder, 'nowhere'), 2), 'INPUT_MISSING');
});

test('members by id read back, whatever the ids and their order', async () => {
  const anyId = fc.string({
    unit: fc.constantFrom('a', 'é', ' ', '"', '\t', '\n', '\r', '\\', 't'),
    minLength: 1,
  });
  await fc.assert(
    fc.asyncProperty(
      anyMemberships,
      fc.uniqueArray(anyId, { minLength: 20, maxLength: 20 }),
      async (m, ids) => {
        const table = idTableFromStrings(ids.slice(0, m.numVertices));
        const file = fileOf(textOf(membersByIdPieces(m, table)));
        assert.equal(await readMembersByIdFile(file, table), m);
        const reversed = await readMembersByIdFile(
          file,
          idTableFromStrings(ids.slice(0, m.numVertices).reverse()),
        );
        assert.equal(listsOf(reversed).reverse(), listsOf(m));
      },
    ),
    { numRuns: 40 },
  );
  const ids = idTableFromStrings(['a', 'b']);
  await fails(readMembersByIdFile(fileOf('a\tb\nc\n'), ids), 'BAD_ROW', { line: 2, column: 1, got: '"c"' });
  await fails(readMembersByIdFile(fileOf('a\t\n'), ids), 'BAD_ROW', { column: 2, got: '""' });
  await fails(readMembersByIdFile(fileOf('a\tb\ta\n'), ids), 'BAD_ROW', { column: 3, got: '"a" twice' });
});

test('the precision file never overwrites', async () => {
  const path = join(folder, 'precision.txt');
  await demandNewFile(path);
  await writeNewText(path, precisionPieces([0.5]));
  await fails(writeNewText(path, precisionPieces([1])), 'WRITE_FAILED', { got: 'a file that exists' });
  await fails(demandNewFile(path), 'WRITE_FAILED');
  assert.is(readFileSync(path, 'utf8'), '0.50\n');
});

test('a write that fails leaves nothing', async () => {
  const path = join(folder, 'no such folder', 'rows.txt');
  await fails(writeText(path, rowsPieces(membershipsFromRows(1, [[0]]))), 'WRITE_FAILED');
  assert.not.ok(existsSync(path));
});

test.run();

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { idStrings } from '../../src/core/ids.ts';
import type { EdgeInput, InputOptions } from '../../src/io/edge-input.ts';
import { readEdges } from '../../src/io/edge-reader.ts';
import { fails } from '../fixtures/fails.ts';

const folder = mkdtempSync(join(tmpdir(), 'edge-reader-'));
const test = suite('edge reader');
test.after(() => rmSync(folder, { recursive: true }));

let numFiles = 0;

function fileOf(content: string | Uint8Array, name = '.txt'): string {
  const path = join(folder, `${numFiles++}${name}`);
  writeFileSync(path, content);
  return path;
}

type Options = Omit<InputOptions, 'files'> & { name?: string };

function read(content: string | Uint8Array, { name, ...options }: Options = {}): Promise<EdgeInput> {
  return readEdges({ files: [fileOf(content, name)], ...options });
}

/** Edges as `consumer>producer=weight`. */
function edgesOf({ numEdges, consumers, producers, weights, consumerIds, producerIds }: EdgeInput): string[] {
  const left = idStrings(consumerIds);
  const right = idStrings(producerIds);
  return Array.from(
    { length: numEdges },
    (_, i) => `${left[consumers[i]]}>${right[producers[i]]}=${weights ? weights[i] : 1}`,
  );
}

test('tab, comma, blanks, comments, CRLF, byte order mark and a missing last newline', async () => {
  const wanted = ['a>b=1', 'c>d=1'];
  for (const text of [
    'a\tb\nc\td\n',
    'a,b\r\nc,d\r\n',
    'a  b\n c d ',
    '# x\ty\n%\na\tb\n\n#\nc\td',
    '\ufeffa\tb\nc\td',
    '"a","b"\nc,d\n',
  ]) {
    assert.equal(edgesOf(await read(text)), wanted, JSON.stringify(text));
  }
});

test('rows in plain decimal form read the same on the fast and on the general path', async () => {
  const text =
    '0 1\n10 2\n007 3\n4194304 4\n4194303 5\n1 +2\n99999999 1\n12345678901234567890 3\n3 x\n5 6 \n7\t8\n10 2\n';
  const slow = text
    .replace(/^/, 'x y\n')
    .replaceAll(' ', '\t')
    .replace('5\t6\t', '5\t6')
    .replaceAll('\t', ',');
  const fast = await read(`x y\n${text}`, { format: 'edges' });
  assert.equal(edgesOf(fast), edgesOf(await read(slow, { format: 'edges' })));
  assert.equal(idStrings(fast.consumerIds), [
    'x',
    '0',
    '10',
    '007',
    '4194304',
    '4194303',
    '1',
    '99999999',
    '12345678901234567890',
    '3',
    '5',
    '7',
  ]);
  assert.is(fast.report.numRows, 13);
});

test('quotes: doubled, with delimiters and newlines in comma files; as they stand in odd tab files', async () => {
  assert.equal(edgesOf(await read('"a ""x"" b","c,d"\n"e\nf""",g\nh,i\n')), [
    'a "x" b>c,d=1',
    'e\nf">g=1',
    'h>i=1',
  ]);
  assert.equal(edgesOf(await read('"Weird Al" Y\tb\n"c\td\n"e"\tf\n')), [
    '"Weird Al" Y>b=1',
    '"c>d=1',
    'e>f=1',
  ]);
});

test('a quote never closed, and text after a closing quote', async () => {
  await fails(read('a,b\n"c,d\ne,f\n'), 'BAD_FILE', { line: 2, got: /never closed/ });
  await fails(read('a,b\n"c"x,d\n'), 'BAD_ROW', { line: 2, got: /after a closing quote/ });
});

test('headers are found by their words, by the columns asked for, and by the weight', async () => {
  const edges = async (text: string, options?: Options) => edgesOf(await read(text, options));
  assert.equal(await edges('userId,movieId,rating,timestamp\n1,2,4.5,964982703\n'), ['1>2=4.5']);
  assert.equal(await edges('timestamp,item_id,User ID\n5,x,y\n'), ['y>x=1']);
  assert.equal(await edges('who\twhom\n1\t2\n', { columns: ['whom', 'who'] }), ['2>1=1']);
  assert.equal(await edges('subreddit\tdomain\tposts\na\tb\t3\n'), ['a>b=3']);
  assert.equal(await edges('a\tb\n'), ['a>b=1']);
  assert.equal(await edges('user\tb\nuser\tc\n'), ['user>b=1', 'user>c=1']);
  assert.equal(await edges('user\tb\n', { header: 'no' }), ['user>b=1']);
  assert.equal(await edges('a\tb\nc\td\n', { header: 'yes' }), ['c>d=1']);
  assert.equal(await edges('9,a,b,2\n', { columns: ['2', '3'] }), ['a>b=1']);
  assert.equal(await edges('9,a,b,2\n', { columns: ['2', '3', '4'] }), ['a>b=2']);
});

test('columns that are not there', async () => {
  await fails(read('user,item\na,b\n', { columns: ['user', 'thing'] }), 'BAD_PARAM', { got: /thing/ });
  await fails(read('a,b\n', { columns: ['1', '3'] }), 'BAD_PARAM', { expected: /1 to 2/ });
  await fails(read('a,b\n', { columns: ['1', '-'] }), 'BAD_PARAM');
  await fails(read('user,user\na,b\n', { columns: ['user', 'user'] }), 'BAD_PARAM', { got: /twice/ });
});

test('weights: dropped at 0, absent when all are 1, bad when negative or no number', async () => {
  const input = await read('a,b,1\nc,d,0\ne,f,-0\ng,h,1e-60\ni,j,2.5e-1\nk,l, 7 \n');
  assert.equal(edgesOf(input), ['a>b=1', 'i>j=0.25', 'k>l=7']);
  assert.is(input.report.numZeroWeights, 3);
  assert.equal(idStrings(input.consumerIds), ['a', 'i', 'k']);
  assert.is((await read('a,b,1\nc,d,1.0\n')).weights, undefined);
  for (const weight of ['-1', 'NaN', 'inf', '0x10', '1e39', '', '1,5']) {
    await fails(read(`1\t2\t1\n3\t4\t${weight}\n`), 'BAD_ROW', { line: 2, column: 3, expected: /≥ 0/ });
  }
});

test('self-follows: dropped from edges, kept in lists, always counted', async () => {
  const dropped = await read('a b\nc c\n1 1\n1 2\n');
  assert.equal(edgesOf(dropped), ['a>b=1', '1>2=1']);
  assert.is(dropped.report.numSelfFollows, 2);
  // A user and a film of the same number are not the same.
  assert.is((await read('userId,movieId\n7,7\n7,8\n')).numEdges, 2);
  assert.is((await read('follower,followee\n7,7\n7,8\n')).numEdges, 1);
  const kept = await read('a b\nc c\n', { selfFollows: 'keep' });
  assert.is(kept.numEdges, 2);
  assert.is(kept.report.numSelfFollows, 1);
  assert.is((await read('1 1 2\n', { format: 'lists' })).numEdges, 2);
  assert.is((await read('1 1 2\n', { format: 'lists', selfFollows: 'drop' })).numEdges, 1);
});

test('a bad row stops with its place, what was found, what was expected and what to do', async () => {
  const file = fileOf('a,b\nc,d\ne\n');
  await fails(readEdges({ files: [file] }), 'BAD_ROW', {
    file,
    line: 3,
    column: 2,
    got: '1 field',
    expected: '2 fields, as in the first row',
    todo: /^mend the row, or pass --bad-rows skip to leave such rows out and count them/,
  });
  await fails(read('a,b\nc,d,e\n'), 'BAD_ROW', { line: 2, column: 2, got: '3 fields' });
  await fails(read('a,b\n,d\n'), 'BAD_ROW', { line: 2, column: 1, got: 'an empty id' });
  await fails(read(`a,b\nc,${'x'.repeat(1025)}\n`), 'BAD_ROW', { line: 2, column: 2, got: /1025 bytes/ });
  await fails(read(Buffer.from('a,b\nc,caf\xe9\n', 'latin1')), 'BAD_ROW', { line: 2, got: /not UTF-8/ });
  assert.is((await read(`a,${'x'.repeat(1024)}\n`)).numEdges, 1);
});

test('skipped rows are counted, leave no ids, and the first five messages are kept', async () => {
  const input = await read(`a,b,1\n${'bad,row,x\n'.repeat(7)}c,d,1\n`, { badRows: 'skip' });
  assert.equal(edgesOf(input), ['a>b=1', 'c>d=1']);
  assert.is(input.report.numRows, 9);
  assert.is(input.report.numBadRows, 7);
  assert.is(input.report.badRows.length, 5);
  assert.match(input.report.badRows[0], /line 2, column 3: found "x"; expected a finite number/);
  assert.not(idStrings(input.consumerIds).includes('bad'));
});

test('inputs with nothing to read', async () => {
  await fails(read(''), 'EMPTY_INPUT', { got: 'no rows' });
  await fails(read('# only\n\n'), 'EMPTY_INPUT');
  await fails(read('user,item\n'), 'EMPTY_INPUT');
  await fails(read(gzipSync('')), 'EMPTY_INPUT');
  await fails(read('a,a\n'), 'EMPTY_INPUT', { got: /1 self-follows/ });
  await fails(read('a,b,-1\nc,d,-2\n', { badRows: 'skip' }), 'BAD_FILE', {
    got: /2 rows, every one of them bad/,
  });
  await fails(readEdges({ files: [] }), 'BAD_PARAM');
  await fails(read('a b\n', { format: 'csv' as 'edges' }), 'BAD_PARAM', { got: /csv/ });
});

test('lists: repeated users add up, users without items get ids, long lines cross chunks', async () => {
  const input = await read('u a b c\nv\nw  a \nu d\n');
  assert.is(input.report.format, 'lists');
  assert.equal(edgesOf(input), ['u>a=1', 'u>b=1', 'u>c=1', 'w>a=1', 'u>d=1']);
  assert.equal(idStrings(input.consumerIds), ['u', 'v', 'w']);
  assert.is(input.report.numRows, 4);
  const items = Array.from({ length: 300_000 }, (_, i) => `item${i}`);
  const long = await read(`u ${items.join(' ')}\nv x\n`);
  assert.is(long.numEdges, 300_001);
  assert.equal(idStrings(long.producerIds), [...items, 'x']);
  assert.equal(edgesOf(await read('u\ta\tb\nv\t\n', { format: 'lists' })), ['u>a=1', 'u>b=1']);
  await fails(read('u\ta\t\tb\n', { format: 'lists' }), 'BAD_ROW', { line: 1, column: 3 });
  await fails(read('u a b\n', { format: 'lists', columns: ['1', '2'] }), 'BAD_PARAM');
});

test('edges with a bad row or two are not taken for lists', async () => {
  await fails(read('a b\nc\nd e\n'), 'BAD_ROW', { line: 2 });
  await fails(read('a b 1\nc d\ne f 2\n'), 'BAD_ROW', { line: 2, todo: /--follows-format lists/ });
  await fails(read(`${'a b 1\n'.repeat(9)}a b c d e\n`), 'BAD_ROW', { line: 10 });
});

test('METIS: plain, weighted, with vertex weights, isolated vertices, comments', async () => {
  const plain = await read('% a path and a loner\n4 2\n2\n1 3\n2\n\n', { name: '.graph' });
  assert.is(plain.report.format, 'metis');
  assert.equal(edgesOf(plain), ['1>2=1', '2>1=1', '2>3=1', '3>2=1']);
  assert.equal(idStrings(plain.producerIds), ['1', '2', '3', '4']);
  const weighted = await read('2 1 1\n2 0.5\n1 0.5\n', { name: '.metis' });
  assert.equal(edgesOf(weighted), ['1>2=0.5', '2>1=0.5']);
  assert.equal(edgesOf(await read('2 1 11 2\n9 9 2 3\n8 8 1 3\n', { format: 'metis' })), ['1>2=3', '2>1=3']);
});

test('METIS: the bipartite variant gives the left half', async () => {
  const input = await read('2 3 4\n1 3\n2 3\n1\n2\n1 2\n', { format: 'metis' });
  assert.equal(edgesOf(input), ['1>1=1', '1>3=1', '2>2=1', '2>3=1']);
  assert.equal(idStrings(input.consumerIds), ['1', '2']);
  assert.equal(idStrings(input.producerIds), ['1', '2', '3']);
  // `L R 1` looks like `n m fmt`; the number of lines tells.
  assert.equal(edgesOf(await read('1 2 1\n2\n\n1\n', { format: 'metis' })), ['1>2=1']);
});

test('METIS: files that contradict themselves', async () => {
  const metis = (text: string, options = {}) => read(text, { format: 'metis', ...options });
  await fails(metis('x y\n'), 'BAD_FILE', { got: /header/ });
  await fails(metis('3 1\n2\n1\n'), 'BAD_FILE', { got: '2 lines after the header', expected: /^3, one/ });
  await fails(metis('2 2\n2\n1\n'), 'BAD_FILE', { got: /2 entries, which makes 1 edges/ });
  await fails(metis('2 1\n3\n1\n'), 'BAD_ROW', { line: 2, column: 1, got: 'vertex 3' });
  await fails(metis('2 1\n2\nx\n', { badRows: 'skip' }), 'BAD_ROW', { line: 3, got: '"x"' });
  await fails(metis('3 2\n2\n3\n1 2\n'), 'BAD_FILE', {
    line: 2,
    got: /vertex 1 that the line of vertex 2 does not list/,
  });
  await fails(metis('2 1 1\n2 1\n1 2\n'), 'BAD_FILE', { got: /weight/ });
  await fails(metis('2 1 1\n2 -1\n1 -1\n'), 'BAD_ROW', { line: 2, column: 2 });
  await fails(metis('2 3 4\n1 3\n2 3\n1\n2\n1\n'), 'BAD_FILE', { got: /4 entries in the left half and 3/ });
  await fails(metis('2 2 2\n1\n2\n2\n1\n'), 'BAD_FILE', { expected: /both its ends/ });
  const file = fileOf('2 1\n2\n1\n');
  await fails(readEdges({ files: [file, fileOf('2 1\n2\n1\n')], format: 'metis' }), 'BAD_PARAM');
});

test('Parquet: 64-bit ids are exact, nulls are bad rows, columns by name and position', async () => {
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'rank', data: [0.5, 2, 3], type: 'DOUBLE' },
        { name: 'user_id', data: [9223372036854775807n, -9007199254740993n, 3n], type: 'INT64' },
        { name: 'item', data: ['é', 'b', null], type: 'STRING' },
      ],
    }),
  );
  const edges = ['9223372036854775807>é=0.5', '-9007199254740993>b=2'];
  await fails(read(bytes), 'BAD_ROW', { line: 3, column: 3, got: 'null' });
  const input = await read(bytes, { badRows: 'skip' });
  assert.is(input.report.format, 'parquet');
  assert.equal(input.report.columns, ['user_id', 'item', 'rank']);
  assert.equal(edgesOf(input), edges);
  assert.equal(edgesOf(await read(bytes, { badRows: 'skip', columns: ['item', '2'] })), [
    'é>9223372036854775807=1',
    'b>-9007199254740993=1',
  ]);
  assert.equal(edgesOf(await read(gzipSync(bytes), { badRows: 'skip' })), edges);
  await fails(read(bytes, { columns: ['rank', 'item'] }), 'BAD_FILE', { got: /rank of type DOUBLE/ });
  await fails(read(bytes, { columns: ['nobody', 'item'] }), 'BAD_PARAM');
  await fails(read(bytes.subarray(0, bytes.length - 20)), 'BAD_FILE', { got: /cannot be decoded/ });
  await fails(readEdges({ files: [fileOf('a b\n'), fileOf(bytes)] }), 'BAD_FILE', { got: 'a Parquet file' });
});

test('several files are one input; each has its own header and compression', async () => {
  const files = [fileOf('user,item\na,b\n'), fileOf(''), fileOf(gzipSync('a\tc\nd\tb\n'))];
  let last: number[] = [];
  const input = await readEdges({ files, onProgress: (...progress) => (last = progress) });
  assert.equal(edgesOf(input), ['a>b=1', 'a>c=1', 'd>b=1']);
  assert.equal(input.report.files, files);
  assert.is(last[0], input.report.numBytes);
});

test('numbers in lines of varying length are read as lists', async () => {
  const items = (user: number) =>
    Array.from({ length: 8 + ((user * 7) % 31) }, (_, i) => (user * 13 + i) % 997);
  const lines = Array.from({ length: 500 }, (_, user) => [user, ...items(user)].join(' ')).join('\n');
  const input = await read(gzipSync(lines));
  assert.is(input.report.format, 'lists');
  assert.is(input.consumerIds.size, 500);
});

const id = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String),
  fc.nat({ max: 5_000_000 }).map(String),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((text) => !/[\0\r]/.test(text)),
);
const anEdge = fc.record({
  left: id,
  right: id,
  weight: fc.float({ min: Math.fround(1e-30), max: Math.fround(1e30), noNaN: true }),
});
type Edge = { left: string; right: string; weight: number };

const csv = (edges: readonly Edge[], delimiter: string) =>
  edges
    .map(({ left, right, weight }) =>
      [left, right, weight].map((part) => `"${String(part).replaceAll('"', '""')}"`).join(delimiter),
    )
    .join('\n');

function zstd(content: string): Uint8Array | undefined {
  const { stdout, status } = spawnSync('zstd', ['-q', '-c'], { input: content });
  return status === 0 ? stdout : undefined;
}

test('random edges come back from every format', async () => {
  const options = { header: 'no', selfFollows: 'keep' } as const;
  await fc.assert(
    fc.asyncProperty(fc.array(anEdge, { minLength: 1, maxLength: 40 }), async (edges) => {
      const wanted = edges.map(({ left, right, weight }) => `${left}>${right}=${weight}`);
      const check = async (content: string | Uint8Array, more: Options = {}) =>
        assert.equal(edgesOf(await read(content, { ...options, format: 'edges', ...more })), wanted);
      await check(csv(edges, ','));
      await check(gzipSync(csv(edges, ',')));
      const compressed = zstd(csv(edges, ','));
      if (compressed) await check(compressed);
      const column = (name: 'left' | 'right') => ({
        name,
        data: edges.map((edge) => edge[name]),
        type: 'STRING' as const,
      });
      const weight = {
        name: 'weight',
        data: Float32Array.from(edges, (edge) => edge.weight),
        type: 'FLOAT' as const,
      };
      const columnData = [column('left'), column('right'), weight];
      await check(new Uint8Array(parquetWriteBuffer({ columnData })), { format: 'parquet' });
    }),
    { numRuns: 30 },
  );
});

test('random edges with plain ids come back from tab files and lists', async () => {
  const plainId = id.map((text) => text.replace(/[\s"#%,]/g, '_'));
  const edgeOf = fc.record({ left: plainId, right: plainId, weight: fc.constant(1) });
  await fc.assert(
    fc.asyncProperty(fc.array(edgeOf, { minLength: 1, maxLength: 60 }), async (edges) => {
      const wanted = edges.map(({ left, right }) => `${left}>${right}=1`);
      const tabs = edges.map(({ left, right }) => `${left}\t${right}`).join('\n');
      const options = { header: 'no', selfFollows: 'keep' } as const;
      assert.equal(edgesOf(await read(tabs, { ...options, format: 'edges' })), wanted);
      assert.equal(edgesOf(await read(tabs, { ...options, format: 'lists' })), wanted);
      assert.equal(edgesOf(await read(tabs.replaceAll('\t', '  '), { ...options, format: 'edges' })), wanted);
    }),
    { numRuns: 50 },
  );
});

test.run();

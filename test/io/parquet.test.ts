import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { SimClustersError } from '../../src/core/errors.ts';
import { idColumn, idTableFromStrings } from '../../src/core/ids.ts';
import type { Column, ColumnValues, Table } from '../../src/core/table.ts';
import { alignment, decodeTable } from '../../src/io/parquet-reader.ts';
import { encodeTable } from '../../src/io/parquet-writer.ts';

const test = suite('parquet');

const int64 = fc.oneof(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), fc.constant(-(2n ** 63n)));

function valuesOf(length: number): fc.Arbitrary<ColumnValues> {
  const many = <T>(value: fc.Arbitrary<T>) => fc.array(value, { minLength: length, maxLength: length });
  return fc.oneof(
    many(fc.integer()).map((list) => Int32Array.from(list)),
    many(fc.nat(0xffffffff)).map((list) => Uint32Array.from(list)),
    many(fc.float()).map((list) => Float32Array.from(list)),
    many(fc.double()).map((list) => Float64Array.from(list)),
    many(int64).map((list) => BigInt64Array.from(list)),
  );
}

function indptrOf(lengths: readonly number[]): Uint32Array {
  const indptr = new Uint32Array(lengths.length + 1);
  for (let row = 0; row < lengths.length; row++) indptr[row + 1] = indptr[row] + lengths[row];
  return indptr;
}

/** Row lengths of each flavour: any, all empty, none empty, all of one value. */
function lengthsOf(numRows: number): fc.Arbitrary<number[]> {
  const rows = (length: fc.Arbitrary<number>) => fc.array(length, { minLength: numRows, maxLength: numRows });
  const any = rows(fc.oneof(fc.constant(0), fc.nat(20)));
  return fc.oneof(any, rows(fc.constant(0)), rows(fc.integer({ min: 1, max: 9 })), rows(fc.constant(1)));
}

function columnOf(numRows: number, shared: Uint32Array): fc.Arbitrary<Column> {
  const list = (indptr: Uint32Array): fc.Arbitrary<Column> =>
    valuesOf(indptr[numRows]).map((values) => ({ kind: 'list', indptr, values }));
  const text = fc.string({ unit: 'binary', maxLength: 80 });
  return fc.oneof(
    valuesOf(numRows).map((values): Column => ({ kind: 'scalar', values })),
    fc
      .array(text, { minLength: numRows, maxLength: numRows })
      .map((strings): Column => idColumn(idTableFromStrings(strings))),
    list(shared),
    lengthsOf(numRows).chain((lengths) => list(indptrOf(lengths))),
  );
}

const anyTable: fc.Arbitrary<Table> = fc
  .oneof(fc.constantFrom(0, 1), fc.nat(40))
  .chain((numRows) => lengthsOf(numRows).map((lengths) => ({ numRows, shared: indptrOf(lengths) })))
  .chain(({ numRows, shared }) =>
    fc
      .array(columnOf(numRows, shared), { minLength: 1, maxLength: 6 })
      .map((list) => ({ numRows, columns: Object.fromEntries(list.map((column, i) => [`c${i}`, column])) })),
  );

const smallTable: Table = {
  numRows: 3,
  columns: {
    id: idColumn(idTableFromStrings(['a', 'ünï', '🙂'])),
    index: { kind: 'list', indptr: indptrOf([2, 0, 1]), values: Uint32Array.of(7, 9, 0xffffffff) },
    score: { kind: 'scalar', values: Float64Array.of(0.5, -0, Number.NaN) },
  },
};

function encode(table: Table, metadata: Record<string, string> = {}): ArrayBuffer {
  return new Uint8Array(Buffer.concat([...encodeTable(table, metadata)])).buffer;
}

function codeOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof SimClustersError)) throw error;
    const { got, expected, todo } = error.facts;
    assert.ok(got && expected && todo, error.message);
    return error.code;
  }
  return 'none';
}

/** The rows of a column as plain JS values. */
function rowsOf(column: Column, numRows: number): unknown[] {
  const rows = Array.from({ length: numRows }, (_, row) => row);
  if (column.kind === 'scalar') return Array.from<number | bigint>(column.values);
  const offsets = column.kind === 'string' ? column.offsets : column.indptr;
  const cut = (row: number) => [offsets[row], offsets[row + 1]] as const;
  if (column.kind === 'list')
    return rows.map((row) => Array.from(column.values.subarray(...cut(row)) as never));
  return rows.map((row) => Buffer.from(column.bytes.subarray(...cut(row))).toString());
}

/** A table as text that tells every bit: not all NaN are equal, and -0 is not 0. */
function bitsOf(table: Table): unknown {
  const hex = (view: ArrayBufferView) =>
    `${view.constructor.name} ${Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex')}`;
  const columns = Object.entries(table.columns).map(([name, column]) => {
    if (column.kind === 'string') return [name, hex(column.offsets), hex(column.bytes)];
    if (column.kind === 'list') return [name, hex(column.indptr), hex(column.values)];
    return [name, hex(column.values)];
  });
  return [table.numRows, columns];
}

test('any table comes back the same, as views into the file at aligned offsets', () => {
  fc.assert(
    fc.property(anyTable, fc.dictionary(fc.string(), fc.string({ unit: 'grapheme' })), (table, metadata) => {
      const buffer = encode(table, metadata);
      const back = decodeTable(buffer, 'test');
      assert.equal(back.metadata, { ...metadata });
      assert.equal(bitsOf(back.table), bitsOf(table));
      for (const column of Object.values(back.table.columns)) {
        if (column.kind === 'string') continue;
        const views = column.kind === 'list' ? [column.values, column.indptr] : [column.values];
        assert.ok(views.every((view) => view.buffer === buffer && view.byteOffset % alignment === 0));
      }
    }),
    { numRuns: 300 },
  );
});

test('lists that share one indptr share it again, others do not', () => {
  const indptr = indptrOf([1, 2]);
  const list = (indptr: Uint32Array): Column => ({ kind: 'list', indptr, values: new Float32Array(3) });
  const table = { numRows: 2, columns: { a: list(indptr), b: list(indptr), c: list(indptr.slice()) } };
  const { a, b, c } = decodeTable(encode(table), 'test').table.columns as Record<string, never>;
  assert.is(a['indptr'], b['indptr']);
  assert.is.not(a['indptr'], c['indptr']);
});

test('column and metadata names may be anything, __proto__ included', () => {
  const scalar: Column = { kind: 'scalar', values: Int32Array.of(1) };
  const columns = Object.fromEntries(['__proto__', 'a.b', ''].map((name) => [name, scalar]));
  const metadata = Object.fromEntries([['__proto__', 'x']]);
  const back = decodeTable(encode({ numRows: 1, columns }, metadata), 'test');
  assert.equal(Object.keys(back.table.columns), ['__proto__', 'a.b', '']);
  assert.equal(Object.entries(back.metadata), [['__proto__', 'x']]);
});

test('a reader that decodes pages and levels finds the same rows', async () => {
  await fc.assert(
    fc.asyncProperty(anyTable, async (table) => {
      const buffer = encode(table);
      const rows = await parquetReadObjects({ file: buffer });
      assert.is(rows.length, table.numRows);
      for (const [name, column] of Object.entries(table.columns)) {
        const found = rows.map((row) => (column.kind === 'list' ? Array.from(row[name]) : row[name]));
        assert.equal(found, rowsOf(column, table.numRows));
      }
    }),
    { numRuns: 200 },
  );
});

test('shared memory works on both sides', () => {
  const values = new Float32Array(new SharedArrayBuffer(12)).fill(1.5);
  const bytes = new Uint8Array(encode({ numRows: 3, columns: { x: { kind: 'scalar', values } } }));
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const { x } = decodeTable(shared.buffer, 'test').table.columns;
  assert.equal(rowsOf(x, 3), [1.5, 1.5, 1.5]);
});

test('a file cut anywhere is refused as a bad artifact', () => {
  const buffer = encode(smallTable, { artifact: 'x' });
  for (let length = 0; length < buffer.byteLength; length++) {
    assert.is(
      codeOf(() => decodeTable(buffer.slice(0, length), 'cut')),
      'BAD_ARTIFACT',
    );
  }
});

test('changed bytes are refused as a bad artifact or lie in data', () => {
  const whole = new Uint8Array(encode(smallTable, { artifact: 'x' }));
  const change = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const bytes = whole.slice();
      for (const { at, to } of changes) bytes[at] = to;
      const code = codeOf(() => decodeTable(bytes.buffer, 'changed'));
      assert.ok(code === 'none' || code === 'BAD_ARTIFACT', code);
    }),
    { numRuns: 3000 },
  );
});

/** The small table's file with some text of its layout replaced by as much other text. */
function patched(pattern: RegExp, replacement: string): ArrayBuffer {
  const text = Buffer.from(encode(smallTable)).toString('latin1');
  const changed = text.replace(pattern, replacement);
  assert.is(changed.length, text.length);
  assert.is.not(changed, text);
  return new Uint8Array(Buffer.from(changed, 'latin1')).buffer;
}

const damages: Record<string, [RegExp, string, RegExp]> = {
  'wrong magic': [/^PAR1/, 'ARROW'.slice(0, 4), /starts with "ARRO"/],
  'no magic at the end': [/PAR1$/, 'PAR2', /without "PAR1"/],
  'other layout version': [/"version":1/, '"version":2', /layout version 2/],
  'layout that is no JSON': [/"columns":\[/, '"columns"::', /layout version/],
  'no layout': [/simclusters\.layout/, 'simclusters.layouX', /without the metadata key/],
  'unknown kind': [/"kind":"scalar"/, '"kind":"sclara"', /simclusters\.layout = /],
  'unknown type': [/"float64"/, '"float32"', /column "score"/],
  'other name': [/"name":"score"/, '"name":"scorn"', /score as UNCOMPRESSED DOUBLE/],
  'offset out of range': [/("score".*?"valuesOffset":)\d\d\d/, '$1999', /values at bytes 999/],
  'misaligned numbers': [
    /("score".*?"valuesOffset":\d*?)(\d)(,"valuesLength":)24/,
    '$18$316',
    /column "score"/,
  ],
  'negative count': [/("score".*?"valuesOffset":)\d(\d\d)/, '$1-$2', /simclusters\.layout/],
  'wrong count': [/("score".*?"numValues":)3/, '$12', /2 values/],
  'misaligned indptr': [/("indptrOffset":\d*?)\d,/, '$11,', /an indptr of column "index"/],
  'wrong indptr length': [/("indptrLength":)16/, '$112', /12 bytes/],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: raw little-endian u32 values
  'indptr that descends': [/\x02\0\0\0\x02\0\0\0\x03\0\0\0/, '\x02\0\0\0\x01\0\0\0\x03\0\0\0', /descends/],
  // biome-ignore lint/suspicious/noControlCharactersInRegex: raw little-endian u32 values
  'indptr that ends late': [/\x02\0\0\0\x02\0\0\0\x03\0\0\0/, '\x02\0\0\0\x02\0\0\0\x04\0\0\0', /ends at 4/],
  'string that overruns': [/\0\0\0a/, '\0\0\x7fa', /overrun/],
};

for (const [kind, [pattern, replacement, message]] of Object.entries(damages)) {
  test(`refused: ${kind}`, () => {
    const buffer = patched(pattern, replacement);
    assert.is(
      codeOf(() => decodeTable(buffer, 'model/x.parquet')),
      'BAD_ARTIFACT',
    );
    assert.throws(() => decodeTable(buffer, 'model/x.parquet'), message);
    assert.throws(() => decodeTable(buffer, 'model/x.parquet'), /model\/x\.parquet/);
  });
}

test('a Parquet file of another writer is told apart from a damaged one', () => {
  const foreign = parquetWriteBuffer({ columnData: [{ name: 'x', data: [1, 2] }] });
  assert.is(
    codeOf(() => decodeTable(foreign, 'foreign')),
    'BAD_ARTIFACT',
  );
  assert.throws(() => decodeTable(foreign, 'foreign'), /read as input files/);
});

test('tables that do not fit together are refused before a byte is made', () => {
  const list = (indptr: number[], length: number): Column => ({
    kind: 'list',
    indptr: Uint32Array.from(indptr),
    values: new Float32Array(length),
  });
  const codeOfColumn = (column: Column) => codeOf(() => encodeTable({ numRows: 2, columns: { column } }, {}));
  assert.is(codeOfColumn({ kind: 'scalar', values: new Int32Array(3) }), 'SHAPE_MISMATCH');
  assert.is(codeOfColumn(list([0, 1], 1)), 'SHAPE_MISMATCH');
  assert.is(codeOfColumn(list([0, 2, 1], 1)), 'SHAPE_MISMATCH');
  assert.is(codeOfColumn(list([1, 1, 1], 1)), 'SHAPE_MISMATCH');
  assert.is(codeOfColumn(list([0, 1, 2], 3)), 'SHAPE_MISMATCH');
  assert.is(
    codeOf(() => encodeTable({ numRows: 0, columns: {} }, {})),
    'SHAPE_MISMATCH',
  );
  assert.is(
    codeOf(() => encodeTable(smallTable, { 'simclusters.layout': '' })),
    'BAD_PARAM',
  );
});

test('a column above the page limit is refused, not written wrong', () => {
  const values = new Float64Array(2 ** 28); // 2 GiB of address space that is never touched
  const table: Table = { numRows: values.length, columns: { x: { kind: 'scalar', values } } };
  assert.is(
    codeOf(() => encodeTable(table, {})),
    'WRITE_FAILED',
  );
});

test.run();

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBConnection } from '@duckdb/node-api';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, SimClustersError } from '../../src/core/errors.ts';
import { idColumn, idTableFromStrings } from '../../src/core/ids.ts';
import type { ListColumn, Table } from '../../src/core/table.ts';
import { readTable, writeTable } from '../../src/io/artifact-file.ts';

const test = suite('artifact-file');
let folder = '';
let path = '';

test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), 'artifact-file-'));
  path = join(folder, 'x.parquet');
});

test.after.each(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Rows of lengths 0 to 12, some empty; values that sum exactly in doubles. */
function sampleTable(numRows: number): Table {
  const indptr = new Uint32Array(numRows + 1);
  for (let row = 0; row < numRows; row++) indptr[row + 1] = indptr[row] + ((row * 7) % 13);
  const numValues = indptr[numRows];
  const ids = idTableFromStrings(Array.from({ length: numRows }, (_, row) => `zoë ${row}`));
  const index = Uint32Array.from({ length: numValues }, (_, i) => 0xffffffff - i);
  const value = Float32Array.from({ length: numValues }, (_, i) => (i % 64) / 4);
  const int64 = BigInt64Array.from({ length: numRows }, (_, i) => 2n ** 62n - BigInt(i));
  return {
    numRows,
    columns: {
      id: idColumn(ids),
      index: { kind: 'list', indptr, values: index },
      value: { kind: 'list', indptr, values: value },
      i32: { kind: 'scalar', values: Int32Array.from(int64, (v) => -Number(2n ** 62n - v)) },
      u32: { kind: 'scalar', values: Uint32Array.from(int64, (v) => 0xffffffff - Number(2n ** 62n - v)) },
      f64: { kind: 'scalar', values: Float64Array.from(int64, (_, i) => i / 8) },
      i64: { kind: 'scalar', values: int64 },
    },
  };
}

async function codeOf(action: () => unknown): Promise<ErrorCode | 'none'> {
  try {
    await action();
  } catch (error) {
    if (!(error instanceof SimClustersError)) throw error;
    const { got, expected, todo } = error.facts;
    assert.ok(got && expected && todo, error.message);
    return error.code;
  }
  return 'none';
}

test('what is written is read again, with its size and hash', async () => {
  const table = sampleTable(1000);
  const { bytes, sha256 } = await writeTable(path, table, { artifact: 'sample' });
  const file = readFileSync(path);
  assert.is(bytes, file.length);
  assert.is(sha256, createHash('sha256').update(file).digest('hex'));
  const back = readTable(path, { sha256: sha256.toUpperCase() });
  assert.equal(back, { table, metadata: { artifact: 'sample' } });
  assert.equal(readdirSync(folder), ['x.parquet']);
});

test('the same table gives the same bytes', async () => {
  const first = await writeTable(path, sampleTable(50), { a: 'b' });
  assert.equal(await writeTable(path, sampleTable(50), { a: 'b' }), first);
});

test('a file of another hash is refused', async () => {
  const { sha256 } = await writeTable(path, sampleTable(10), {});
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('zoë')] ^= 1; // damage that only the hash can tell
  writeFileSync(path, bytes);
  assert.is(await codeOf(() => readTable(path)), 'none');
  assert.is(await codeOf(() => readTable(path, { sha256 })), 'BAD_ARTIFACT');
});

test('a path that cannot be read is told apart from a bad artifact', async () => {
  assert.is(await codeOf(() => readTable(path)), 'INPUT_MISSING');
  assert.is(await codeOf(() => readTable(folder)), 'BAD_ARTIFACT');
  writeFileSync(path, '');
  assert.is(await codeOf(() => readTable(path)), 'BAD_ARTIFACT');
});

test('a write that fails leaves nothing behind', async () => {
  const table = sampleTable(10);
  assert.is(await codeOf(() => writeTable(join(folder, 'none', 'x.parquet'), table, {})), 'WRITE_FAILED');
  mkdirSync(path); // the rename onto it fails, after all bytes are written
  assert.is(await codeOf(() => writeTable(path, table, {})), 'WRITE_FAILED');
  assert.equal(readdirSync(folder), ['x.parquet']);
});

test('a folder that may not be written to is told', async () => {
  chmodSync(folder, 0o555);
  const code = await codeOf(() => writeTable(path, sampleTable(1), {}));
  chmodSync(folder, 0o755);
  // The superuser may write anywhere.
  assert.is(code, process.getuid?.() === 0 ? 'none' : 'WRITE_FAILED');
});

test('a disk that fills midway leaves the old file and nothing else', async () => {
  const { sha256 } = await writeTable(path, sampleTable(10), {});
  const script = `
    const { writeTable } = await import(${JSON.stringify(new URL('../../src/io/artifact-file.ts', import.meta.url))});
    const values = new Float64Array(1e6);
    const table = { numRows: 1e6, columns: { x: { kind: 'scalar', values } } };
    const error = await writeTable(${JSON.stringify(path)}, table, {}).catch((error) => error);
    console.log(error.code, error.facts.todo);`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', script];
  // A limit of 1 MiB on the size of files stands in for the full disk.
  const child = spawnSync('sh', ['-c', 'ulimit -f 2048; exec "$@"', 'sh', ...node], { encoding: 'utf8' });
  assert.match(child.stdout, /^WRITE_FAILED raise the limit/, child.stderr);
  assert.equal(readdirSync(folder), ['x.parquet']);
  assert.is(await codeOf(() => readTable(path, { sha256 })), 'none');
});

test('a table that does not fit together leaves no file', async () => {
  const table: Table = { numRows: 2, columns: { x: { kind: 'scalar', values: new Int32Array(1) } } };
  assert.is(await codeOf(() => writeTable(path, table, {})), 'SHAPE_MISMATCH');
  assert.equal(readdirSync(folder), []);
});

test('writers of the same path at the same time leave one whole file', async () => {
  const tables = Array.from({ length: 8 }, (_, i) => sampleTable(100 * (i + 1)));
  await Promise.all(tables.map((table) => writeTable(path, table, {})));
  assert.equal(readdirSync(folder), ['x.parquet']);
  assert.is(readTable(path).table.numRows % 100, 0);
});

async function query(sql: string): Promise<unknown[]> {
  const connection = await DuckDBConnection.create();
  try {
    return (await connection.runAndReadAll(sql)).getRows()[0] as unknown[];
  } finally {
    connection.closeSync();
  }
}

const sum = (values: Iterable<number | bigint>) =>
  [...values].reduce((total: number, v) => total + Number(v), 0);

for (const numRows of [1, 7, 20_000]) {
  test(`DuckDB reads the same ${numRows} rows by SQL`, async () => {
    const table = sampleTable(numRows);
    await writeTable(path, table, {});
    const columns = table.columns as Readonly<Record<string, ListColumn>>;
    const scalars = ['i32', 'u32', 'f64'];
    const sums = scalars.map((name) => `sum(${name})::DOUBLE`).join(', ');
    assert.equal(await query(`SELECT count(*)::INTEGER, ${sums}, min(i64), max(i64) FROM '${path}'`), [
      numRows,
      ...scalars.map((name) => sum(columns[name].values)),
      2n ** 62n - BigInt(numRows - 1),
      2n ** 62n,
    ]);
    const pairs = `SELECT id, unnest("index") AS i, unnest(value) AS v FROM '${path}'`;
    const { index, value } = columns;
    // The first row is empty, so a table of one row has no pairs; DuckDB's sum of nothing is NULL.
    const products = Array.from(value.values as Float32Array, (v, i) => v * (Number(index.values[i]) % 7));
    const wanted = [value.values.length, sum(index.values), sum(value.values), sum(products)];
    assert.equal(
      await query(
        `SELECT count(*)::INTEGER, coalesce(sum(i)::DOUBLE, 0), coalesce(sum(v), 0), coalesce(sum(i % 7 * v), 0) FROM (${pairs})`,
      ),
      wanted,
    );
    const row = numRows - 1;
    assert.equal(await query(`SELECT len("index")::INTEGER FROM '${path}' WHERE id = 'zoë ${row}'`), [
      index.indptr[row + 1] - index.indptr[row],
    ]);
  });
}

test('DuckDB reads a table of no rows and one of empty lists', async () => {
  await writeTable(path, sampleTable(0), {});
  assert.equal(await query(`SELECT count(*)::INTEGER FROM '${path}'`), [0]);
  const values = new Float32Array(0);
  const columns = { x: { kind: 'list', indptr: new Uint32Array(6), values } } as const;
  await writeTable(path, { numRows: 5, columns }, {});
  assert.equal(await query(`SELECT count(x)::INTEGER, sum(len(x))::INTEGER FROM '${path}'`), [5, 0]);
});

test('every reader sees the types and the metadata', async () => {
  await writeTable(path, sampleTable(3), { artifact: 'sample' });
  const types = await query(`SELECT list(column_type) FROM (DESCRIBE SELECT * FROM '${path}')`);
  assert.is(String(types), "['VARCHAR', 'UINTEGER[]', 'FLOAT[]', 'INTEGER', 'UINTEGER', 'DOUBLE', 'BIGINT']");
  const found = await query(
    `SELECT decode(value) FROM parquet_kv_metadata('${path}') WHERE decode(key) = 'artifact'`,
  );
  assert.equal(found, ['sample']);
});

test.run();

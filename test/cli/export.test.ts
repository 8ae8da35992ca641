import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { exportPieces, type TableFormat } from '../../src/cli/export-command.ts';
import { errorTable, SimClustersError } from '../../src/core/errors.ts';
import { shortestDecimal } from '../../src/core/float-text.ts';
import { idAt, idColumn, idTableFromStrings } from '../../src/core/ids.ts';
import type { ListColumn, StringColumn, Table } from '../../src/core/table.ts';
import { openEdgeModel } from '../../src/edge.ts';
import { readTable } from '../../src/io/artifact-file.ts';
import { exportTable, longTable } from '../../src/io/export-table.ts';
import { decodeTable } from '../../src/io/parquet-reader.ts';
import { writeToStream } from '../../src/io/stream-output.ts';
import { ndjsonPieces, tsvPieces } from '../../src/io/table-text.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { type ModelReader, openModel } from '../../src/pipeline/model-folder.ts';
import { type ArtifactName, artifactNames } from '../../src/stages/artifacts.ts';
import { idsOf } from '../../src/stages/stage.ts';
import { simclusters } from '../e2e/cli.ts';
import { buildTinyModel, oddId, simclustersInto, type TinyModel } from './tiny-model.ts';

const test = suite('export');
let tiny: TinyModel;
let model: ModelReader;

test.before(() => {
  tiny = buildTinyModel();
  model = openModel(tiny.model);
});

test.after(() => rmSync(tiny.folder, { recursive: true, force: true }));

function textOf(pieces: Iterable<Uint8Array>): string {
  return Buffer.concat([...pieces]).toString('utf8');
}

function exported(name: string, format: TableFormat, raw = false): string {
  return textOf(exportPieces(model, name, { format, raw }));
}

/** The lines of a tsv as objects of texts, with escapes undone. */
function tsvRows(text: string): Record<string, string>[] {
  const [header, ...lines] = text.trimEnd().split('\n');
  const names = header.split('\t');
  const letters: Record<string, string> = { t: '\t', n: '\n', r: '\r' };
  const plain = (cell: string) => cell.replace(/\\(.)/g, (_, letter) => letters[letter] ?? letter);
  return lines.map((line) => Object.fromEntries(line.split('\t').map((cell, i) => [names[i], plain(cell)])));
}

function ndjsonRows(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** A table row by row, entry by entry, as numbers and texts: what any export must hold. */
function longRows(table: Table): Record<string, unknown>[] {
  const lists = Object.values(table.columns).filter((column) => column.kind === 'list') as ListColumn[];
  const rows: Record<string, unknown>[] = [];
  for (let row = 0; row < table.numRows; row++) {
    const start = lists.length > 0 ? lists[0].indptr[row] : 0;
    const end = lists.length > 0 ? lists[0].indptr[row + 1] : 1;
    for (let entry = start; entry < end; entry++) rows.push(longRow(table, row, entry));
  }
  return rows;
}

function longRow(table: Table, row: number, entry: number): Record<string, unknown> {
  const cells = Object.entries(table.columns).map(([name, column]) => {
    if (column.kind === 'list') return [name, column.values[entry]];
    return [name, column.kind === 'scalar' ? column.values[row] : textAt(column, row)];
  });
  return Object.fromEntries(cells);
}

function textAt({ offsets, bytes }: StringColumn, row: number): string {
  return Buffer.from(bytes.subarray(offsets[row], offsets[row + 1])).toString('utf8');
}

/** Exported values in the types of the artifact; 32-bit floats are read back as such. */
function readBack(row: Record<string, unknown>, table: Table): Record<string, unknown> {
  const cells = Object.entries(row).map(([name, cell]) => {
    const column = table.columns[name];
    if (column.kind === 'string') return [name, cell];
    return [name, column.values instanceof Float32Array ? Math.fround(Number(cell)) : Number(cell)];
  });
  return Object.fromEntries(cells);
}

async function caught(action: () => unknown): Promise<SimClustersError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof SimClustersError) return error;
    throw error;
  }
  throw new Error('no error');
}

test('every artifact comes back from raw tsv and ndjson bit by bit', () => {
  for (const name of artifactNames) {
    const { table } = model.read(name);
    const want = longRows(table);
    const fromTsv = tsvRows(exported(name, 'tsv', true)).map((row) => readBack(row, table));
    assert.equal(fromTsv, want, name);
    const fromNdjson = ndjsonRows(exported(name, 'ndjson', true)).flatMap((object) => {
      const { lists, own } = parted(object);
      return (lists ?? [{}]).map((entry) => readBack({ ...own, ...entry }, table));
    });
    assert.equal(fromNdjson, want, name);
  }
});

function parted(object: Record<string, unknown>) {
  const own = Object.entries(object).filter(([, value]) => !Array.isArray(value));
  const lists = Object.values(object).find(Array.isArray) as Record<string, unknown>[] | undefined;
  return { own: Object.fromEntries(own), lists };
}

test('every artifact comes back from parquet: raw the file itself, else the long form', () => {
  for (const name of artifactNames) {
    const raw = Buffer.concat([...exportPieces(model, name, { format: 'parquet', raw: true })]);
    assert.ok(raw.equals(readFileSync(join(tiny.model, `${name}.parquet`))), name);
    const long = Buffer.concat([...exportPieces(model, name, { format: 'parquet', raw: false })]);
    const { table } = decodeTable(new Uint8Array(long).buffer, name);
    assert.not.ok(Object.values(table.columns).some((column) => column.kind === 'list'));
    const fromTsv = tsvRows(exported(name, 'tsv')).map((row) => readBack(row, table));
    assert.equal(longRows(table), fromTsv, name);
  }
});

test('indices become the ids of the rows they count', () => {
  const cases: [ArtifactName, string, string, ArtifactName, string][] = [
    ['followGraph', 'producerIndex', 'producerId', 'producers', 'producerId'],
    ['engagementGraph', 'producerIndex', 'producerId', 'producers', 'producerId'],
    ['localView', 'producerIndex', 'producerId', 'producers', 'producerId'],
    ['producerSimilarity', 'neighborIndex', 'neighborId', 'producers', 'producerId'],
    ['clusterToProducers', 'producerIndex', 'producerId', 'producers', 'producerId'],
    ['clusterToTweets', 'itemIndex', 'itemId', 'items', 'itemId'],
    ['clusterToTopics', 'topicIndex', 'topicId', 'topicEmbedding', 'topicId'],
    ['engagements', 'consumerIndex', 'consumerId', 'followGraph', 'consumerId'],
    ['engagements', 'itemIndex', 'itemId', 'items', 'itemId'],
  ];
  for (const [name, index, resolved, target, idName] of cases) {
    const ids = idsOf(model.read(target), idName);
    const want = longRows(model.read(name).table).map((row) => idAt(ids, Number(row[index])));
    assert.ok(want.length > 0, name);
    const rows = tsvRows(exported(name, 'tsv'));
    assert.equal(
      rows.map((row) => row[resolved]),
      want,
      name,
    );
    assert.not.ok(index in rows[0]);
  }
  assert.ok(exported('followGraph', 'ndjson').includes(JSON.stringify({ producerId: oddId })));
});

test('an item of no known author has none: empty in tsv, null in ndjson, empty in parquet', () => {
  const [known, unknown] = tsvRows(exported('items', 'tsv'));
  assert.equal([known['itemId'], known['authorProducerId']], ['baseball.example/1', 'baseball.example/1']);
  assert.equal([unknown['itemId'], unknown['authorProducerId']], ['baseball weekly', '']);
  assert.is(ndjsonRows(exported('items', 'ndjson'))[1]['authorProducerId'], null);
  const pieces = [...exportPieces(model, 'items', { format: 'parquet', raw: false })];
  const { table } = decodeTable(new Uint8Array(Buffer.concat(pieces)).buffer, 'items');
  assert.is(textAt(table.columns['authorProducerId'] as StringColumn, 1), '');
});

const awkwardIds = [
  'tab\there',
  'line\nend',
  'return\rhere',
  'back\\slash',
  '"quoted"',
  'bell\u0007',
  'zoë 🎈',
  '\\t',
  '007',
];

function awkwardTable(): Table {
  const numbers = BigInt64Array.from(awkwardIds, (_, i) => 2n ** 62n + BigInt(i));
  const floats = Float64Array.from([Number.NaN, Number.POSITIVE_INFINITY, -0, 0.1, 1e300, 5, 6, 7, 8]);
  return {
    numRows: awkwardIds.length,
    columns: {
      id: idColumn(idTableFromStrings(awkwardIds)),
      long: { kind: 'scalar', values: numbers },
      double: { kind: 'scalar', values: floats },
    },
  };
}

test('awkward ids are escaped and come back; 64-bit integers keep every digit; no number is null in JSON', () => {
  const text = textOf(tsvPieces(exportTable(awkwardTable())));
  assert.is(text.split('\n').length, awkwardIds.length + 2);
  const rows = tsvRows(text);
  assert.equal(
    rows.map(({ id }) => id),
    awkwardIds,
  );
  assert.ok(text.includes('tab\\there\t4611686018427387904\tNaN\n'));
  const objects = ndjsonRows(textOf(ndjsonPieces(exportTable(awkwardTable()))));
  assert.equal(
    objects.map(({ id }) => id),
    awkwardIds,
  );
  assert.is(objects[8]['long'], '4611686018427387912');
  assert.equal(
    objects.slice(0, 4).map(({ double }) => double),
    [null, null, -0, 0.1],
  );
});

test('32-bit floats print as the shortest decimals that read back', () => {
  const cases: [number, string][] = [
    [0.1, '0.1'],
    [1 / 3, '0.33333334'],
    [16777216, '16777216'],
    [1e-45, '1e-45'],
    [2 ** -126, '1.1754944e-38'],
    [3.4028234663852886e38, '3.4028235e+38'],
    [-0.25, '-0.25'],
    [0, '0'],
  ];
  for (const [value, text] of cases) assert.is(String(shortestDecimal(Math.fround(value))), text);
  const bits = new DataView(new ArrayBuffer(4));
  for (let i = 0; i < 50_000; i++) {
    bits.setUint32(0, (i * 2_654_435_761) >>> 0);
    const value = bits.getFloat32(0);
    const decimal = shortestDecimal(value);
    assert.ok(Object.is(Math.fround(decimal), value), String(value));
    if (Number.isFinite(value)) assert.not.ok(hasShorter(value, decimal), `${value} as ${decimal}`);
  }
});

/** Does a decimal of one digit less read back? Tries the two around the value. */
function hasShorter(value: number, decimal: number): boolean {
  const numDigits = decimal.toExponential().replace(/e.*/, '').replace(/\D/g, '').length;
  if (numDigits === 1) return false;
  const [digits, exponent] = value.toExponential(numDigits - 2).split('e');
  const whole = BigInt(digits.replace('.', ''));
  const around = [-1n, 0n, 1n].map((step) => Number(`${whole + step}e${Number(exponent) - numDigits + 2}`));
  return around.some((candidate) => Math.fround(candidate) === value);
}

/** One row of many entries, as long as asked for. */
function longList(numEntries: number): Table {
  const indptr = Uint32Array.of(0, numEntries);
  const index = Uint32Array.from({ length: numEntries }, (_, i) => i % 9);
  return {
    numRows: 1,
    columns: {
      clusterId: { kind: 'scalar', values: Uint32Array.of(5) },
      producerIndex: { kind: 'list', indptr, values: index },
      score: { kind: 'list', indptr, values: Float32Array.from(index, (value) => value / 7) },
    },
  };
}

test('text is made in small pieces as it is taken, even within one long row', () => {
  const table = exportTable(longList(1_000_000), () => ({
    name: 'producerId',
    ids: idTableFromStrings(awkwardIds),
  }));
  for (const pieces of [tsvPieces(table), ndjsonPieces(table)]) {
    const began = performance.now();
    assert.ok(pieces.next().value!.length < 100_000);
    assert.ok(performance.now() - began < 200, 'the first piece does not wait for the rest');
    let numPieces = 1;
    for (const piece of pieces) {
      assert.ok(piece.length < 100_000);
      numPieces++;
    }
    assert.ok(numPieces > 100);
  }
});

test('a slow stream sets the pace', async () => {
  let numMade = 0;
  let mostAhead = 0;
  let numTaken = 0;
  const slow = new Writable({
    highWaterMark: 1,
    write(_chunk, _encoding, done) {
      mostAhead = Math.max(mostAhead, numMade - numTaken);
      numTaken++;
      setImmediate(done);
    },
  });
  function* pieces() {
    for (; numMade < 100; numMade++) yield new Uint8Array(10);
  }
  await writeToStream(slow, 'slow', pieces());
  assert.is(numTaken, 100);
  assert.ok(mostAhead <= 1, `${mostAhead} pieces ahead`);
});

test('a reader that went away ends the writing without an error; a full disk is one', async () => {
  const failing = (code: string) =>
    new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
  const pieces = [new Uint8Array(1), new Uint8Array(1)];
  await writeToStream(failing('EPIPE'), 'pipe', pieces);
  const error = await caught(() => writeToStream(failing('ENOSPC'), 'full', pieces));
  assert.is(error.code, 'WRITE_FAILED');
});

test('an index beyond the ids, or lists that are not parallel, are refused', async () => {
  const ids = idTableFromStrings(['a']);
  const beyond = await caught(() => exportTable(longList(3), () => ({ name: 'producerId', ids })));
  assert.is(beyond.code, 'BAD_ARTIFACT');
  const { columns } = longList(3);
  const other: ListColumn = { kind: 'list', indptr: Uint32Array.of(0, 2), values: new Float32Array(2) };
  const odd = await caught(() => exportTable({ numRows: 1, columns: { ...columns, other } }));
  assert.is(odd.code, 'SHAPE_MISMATCH');
});

test('rows without entries are no lines, but objects with an empty list', () => {
  const { columns } = longList(0);
  const rows = exportTable({ numRows: 1, columns });
  assert.is(textOf(tsvPieces(rows)), 'clusterId\tproducerIndex\tscore\n');
  assert.is(textOf(ndjsonPieces(rows)), '{"clusterId":5,"producers":[]}\n');
  assert.is(longTable(rows).numRows, 0);
});

test('the command line writes to standard output, and files by their ending', () => {
  const args = ['export', 'knownFor', '--model', tiny.model];
  assert.is(simclusters(args).stdout, exported('knownFor', 'tsv'));
  assert.is(simclusters([...args, '--format', 'ndjson']).stdout, exported('knownFor', 'ndjson'));
  const out = join(tiny.folder, 'out');
  mkdirSync(out);
  for (const file of ['a.tsv', 'b.ndjson', 'c.jsonl', 'd.parquet', 'e.txt']) {
    assert.is(simclusters([...args, '--out', join(out, file)]).status, 0);
  }
  assert.equal(readdirSync(out).sort(), ['a.tsv', 'b.ndjson', 'c.jsonl', 'd.parquet', 'e.txt']);
  assert.is(readFileSync(join(out, 'e.txt'), 'utf8'), exported('knownFor', 'tsv'));
  assert.is(readFileSync(join(out, 'c.jsonl'), 'utf8'), exported('knownFor', 'ndjson'));
  assert.is(readTable(join(out, 'd.parquet')).table.numRows, longRows(model.read('knownFor').table).length);
});

test('a pipe that closes early is no error', () => {
  for (const behind of ['head -1', 'true']) {
    const { status, stderr } = simclustersInto(behind, ['export', 'interestedIn', '--model', tiny.model]);
    assert.equal([status, stderr], [0, '']);
  }
});

test('errors have their exit codes and say what there is', () => {
  const run = (...args: string[]) => simclusters(['export', ...args]);
  const unknown = run('knownfor', '--model', tiny.model);
  assert.is(unknown.status, errorTable.BAD_PARAM.exitCode);
  assert.match(unknown.stderr, /artifact knownfor[\s\S]*knownFor, interestedIn/);
  const none = run('knownFor', '--model', tiny.folder);
  assert.is(none.status, errorTable.NO_MODEL.exitCode);
  assert.match(none.stderr, /NO_MODEL/);
  const nowhere = run('knownFor', '--model', tiny.model, '--out', join(tiny.folder, 'nowhere', 'x.tsv'));
  assert.is(nowhere.status, errorTable.WRITE_FAILED.exitCode);
  const overwriting = run('knownFor', '--model', tiny.model, '--out', join(tiny.model, 'knownFor.parquet'));
  assert.is(overwriting.status, errorTable.BAD_PARAM.exitCode);
  if (existsSync('/dev/full')) {
    const full = simclustersInto('cat', [
      'export',
      'knownFor',
      '--model',
      tiny.model,
      '--out',
      '/dev/full/x',
    ]);
    assert.is(full.status, errorTable.WRITE_FAILED.exitCode);
  }
});

test('an artifact the model is without is told from one that does not exist', async () => {
  const without: ModelReader = { ...model, has: (name) => name !== 'topicEmbedding' && model.has(name) };
  const options = { format: 'tsv', raw: false } as const;
  const error = await caught(() => exportPieces(without, 'topicEmbedding', options));
  assert.is(error.code, 'NO_MODEL');
  assert.ok(error.facts.expected.includes('tweetEmbedding'));
  assert.not.ok(error.facts.expected.includes('topicEmbedding'));
});

test('an embedding for the edge answers there; what is no embedding is refused', () => {
  const out = join(tiny.folder, 'items.edge');
  const run = (artifact: string, ...rest: string[]) =>
    simclusters(['export', artifact, '--model', tiny.model, '--out', out, ...rest]);
  assert.is(run('tweetEmbedding').status, 0);
  const edge = openEdgeModel(readWasm('edge.wasm'), new Uint8Array(readFileSync(out)).buffer);
  assert.is(edge.header.embeddingType, 'LogFavBasedTweet');
  const [first] = edge.search({ itemId: 'cooking.example/1' });
  assert.is(first.id, 'cooking weekly');
  const bytes = readFileSync(out);
  for (const [artifact, ...rest] of [
    ['knownFor', '--format', 'edge'],
    ['tweetEmbedding', '--items-per-cluster', '0'],
    ['nothing', '--format', 'edge'],
  ]) {
    const refused = run(artifact, ...rest);
    assert.is(refused.status, errorTable.BAD_PARAM.exitCode, refused.stderr);
  }
  assert.ok(readFileSync(out).equals(bytes), 'a refused export leaves what was there');
  assert.is(run('tweetEmbedding', '--scale', 'raw', '--no-vectors', '--items-per-cluster', '1').status, 0);
  assert.ok(readFileSync(out).length < bytes.length);
});

test.run();

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, SimClustersError } from '../../src/core/errors.ts';
import { idStrings } from '../../src/core/ids.ts';
import { readEdges } from '../../src/io/edge-reader.ts';
import { openInput } from '../../src/io/input-files.ts';
import { expandInputs } from '../../src/io/input-paths.ts';
import { LineScanner } from '../../src/io/line-scanner.ts';

const folder = mkdtempSync(join(tmpdir(), 'input-files-'));
const test = suite('input files');
test.after(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

async function failure(promise: Promise<unknown>, code: ErrorCode): Promise<SimClustersError> {
  const error = await promise.then(
    () => undefined,
    (reason) => reason,
  );
  assert.instance(error, SimClustersError, String(error?.stack));
  assert.is(error.code, code, error.message);
  return error;
}

async function contentOf(path: string): Promise<string> {
  const input = await openInput(path);
  const parts: Uint8Array[] = [];
  for await (const chunk of input.chunks()) parts.push(chunk.slice());
  await input.close();
  return Buffer.concat(parts).toString();
}

// `alice<tab>bob`, `alice<tab>carol`, as zstd -19 writes it.
const zstdFrame = Buffer.from('KLUv/QRosQAAYWxpY2UJYm9iCmFsaWNlCWNhcm9sCtYdps8=', 'base64');

test('globs: stars, question marks, double stars; sorted, without repeats', async () => {
  for (const name of ['g/b.tsv', 'g/a.tsv', 'g/c.csv', 'g/.hidden.tsv', 'g/deep/er/d.tsv', 'g/a[1].tsv']) {
    fileOf(name, 'x y\n');
  }
  const names = async (...globs: string[]) =>
    (await expandInputs(globs.map((glob) => join(folder, 'g', glob)))).map((path) =>
      path.slice(folder.length + 3),
    );
  assert.equal(await names('*.tsv'), ['a.tsv', 'a[1].tsv', 'b.tsv']);
  assert.equal(await names('?.?sv'), ['a.tsv', 'b.tsv', 'c.csv']);
  assert.equal(await names('**/*.tsv'), ['a.tsv', 'a[1].tsv', 'b.tsv', 'deep/er/d.tsv']);
  assert.equal(await names('**'), ['a.tsv', 'a[1].tsv', 'b.tsv', 'c.csv', 'deep/er/d.tsv']);
  assert.equal(await names('d*/e?/*'), ['deep/er/d.tsv']);
  assert.equal(await names('b.tsv', '*.tsv'), ['b.tsv', 'a.tsv', 'a[1].tsv']);
  assert.equal(await expandInputs(['-']), ['-']);
  await failure(expandInputs([join(folder, 'g/*.none')]), 'INPUT_MISSING');
});

test('missing files, folders and unreadable files', async () => {
  await failure(openInput(join(folder, 'nowhere')), 'INPUT_MISSING');
  assert.match((await failure(openInput(folder), 'INPUT_MISSING')).facts.got, /folder/);
  const locked = fileOf('locked', 'a b\n');
  chmodSync(locked, 0);
  // Root may read everything.
  if (process.getuid?.() !== 0) await failure(openInput(locked), 'INPUT_MISSING');
});

test('compression is told by content, not by name', async () => {
  assert.is(await contentOf(fileOf('plain.gz', 'a b\n')), 'a b\n');
  assert.is(await contentOf(fileOf('zipped.txt', gzipSync('a b\n'))), 'a b\n');
  assert.is(await contentOf(fileOf('twice', Buffer.concat([gzipSync('a\n'), gzipSync('b\n')]))), 'a\nb\n');
  assert.is(await contentOf(fileOf('z.txt', zstdFrame)), 'alice\tbob\nalice\tcarol\n');
  assert.is(
    await contentOf(fileOf('zz', Buffer.concat([zstdFrame, zstdFrame]))),
    'alice\tbob\nalice\tcarol\n'.repeat(2),
  );
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
  assert.is(
    await contentOf(fileOf('skip', Buffer.concat([skippable, zstdFrame]))),
    'alice\tbob\nalice\tcarol\n',
  );
});

test('truncated and damaged compression', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `${(i * 7919) % 100_003} ${i}\n`).join('');
  const zipped = gzipSync(lines);
  for (const cut of [zipped.length - 1, zipped.length >> 1, 15, 4]) {
    const error = await failure(
      readEdges({ files: [fileOf('cut.gz', zipped.subarray(0, cut))] }),
      'BAD_FILE',
    );
    assert.match(error.facts.got, /gzip data that break off/);
  }
  const damaged = Buffer.from(zipped);
  damaged.fill(0xaa, 5000, 5100);
  await failure(readEdges({ files: [fileOf('damaged.gz', damaged)] }), 'BAD_FILE');
  for (let cut = 4; cut < zstdFrame.length; cut++) {
    const error = await failure(contentOf(fileOf('cut.zst', zstdFrame.subarray(0, cut))), 'BAD_FILE');
    assert.match(error.facts.got, /zstd/);
  }
  const broken = Buffer.from(zstdFrame);
  broken.fill(0xff, 8, 16);
  assert.match((await failure(contentOf(fileOf('broken.zst', broken)), 'BAD_FILE')).facts.got, /damaged/);
});

test('large zstd files, with and without a checksum, come back whole', async () => {
  const text = Array.from({ length: 150_000 }, (_, i) => `${i} ${(i * 7919) % 1013}\n`).join('');
  for (const flags of [['-1'], ['-1', '--no-check'], ['-19', '--no-check', '--long']]) {
    const { status, stdout } = spawnSync('zstd', ['-q', '-c', ...flags], { input: text, maxBuffer: 1 << 26 });
    if (status !== 0) return;
    assert.ok((await contentOf(fileOf('large.zst', stdout))) === text, flags.join(' '));
  }
});

test('NUL bytes and UTF-16 are not text', async () => {
  const error = await failure(readEdges({ files: [fileOf('junk', 'a b\nc \0 d\n')] }), 'BAD_FILE');
  assert.is(error.facts.line, 2);
  const wide = Buffer.from('\ufeffa b\n', 'utf16le');
  assert.match((await failure(readEdges({ files: [fileOf('wide', wide)] }), 'BAD_FILE')).facts.got, /UTF-16/);
});

test('lines come out the same however the chunks are cut', () => {
  const text = '\ufeffa b\r\n\r\n\nlonger line é\nlast';
  const bytes = Buffer.from(text);
  for (let size = 1; size <= bytes.length; size++) {
    const scanner = new LineScanner('x');
    const lines: string[] = [];
    const take = () => lines.push(Buffer.from(scanner.bytes.subarray(scanner.start, scanner.end)).toString());
    for (let at = 0; at < bytes.length; at += size) {
      scanner.push(bytes.subarray(at, at + size));
      while (scanner.next()) take();
    }
    if (scanner.finish()) take();
    assert.equal(lines, ['a b', '', '', 'longer line é', 'last'], `chunks of ${size}`);
    assert.is(scanner.lineNumber, 5);
  }
});

test('a line over 64 MiB is refused by its number, in bounded memory', async () => {
  const scanner = new LineScanner('x');
  const chunk = new Uint8Array(1 << 20).fill(97);
  scanner.push(new TextEncoder().encode('first\n'));
  assert.ok(scanner.next());
  assert.not(scanner.next());
  const feed = () => {
    for (let i = 0; i < 100; i++) {
      scanner.push(chunk);
      scanner.next();
    }
  };
  assert.throws(feed, (error: SimClustersError) => error.code === 'BAD_FILE' && error.facts.line === 2);
});

test('stdin is read as -', () => {
  const program = `import { readEdges } from './src/io/edge-reader.ts';
    readEdges({ files: ['-'] }).then((input) => console.log(String([input.numEdges, input.consumerIds.size])));`;
  const run = (input: string | Uint8Array) =>
    spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
      input,
      encoding: 'utf8',
    });
  assert.is(run('a b\na c\nb c\n').stdout.trim(), '3,2');
  assert.is(run(gzipSync('a b\na c\n')).stdout.trim(), '2,1');
});

test('a pipe that trickles is read like a file', async () => {
  async function* trickle() {
    for (const byte of gzipSync('a b\n')) yield Uint8Array.of(byte);
  }
  const input = await openInput('-', trickle());
  assert.is(input.compression, 'gzip');
  assert.is(Buffer.from(input.head).toString(), 'a b\n');
  assert.ok(input.isWhole);
  await input.close();
});

test('zstd edges are read', async () => {
  const input = await readEdges({ files: [fileOf('edges.zst', zstdFrame)] });
  assert.equal(idStrings(input.producerIds), ['bob', 'carol']);
});

test.run();

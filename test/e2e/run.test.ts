import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { artifactHashes, cliFile, newFolder, simclusters, startSimclusters } from './cli.ts';

const root = newFolder();
const straight = join(root, 'straight');
const outcome = simclusters(['run', '--model', straight, '--threads', '2']);
const expected = artifactHashes(straight);

test('the bundled example makes a model, a table and a report', () => {
  assert.is(outcome.status, 0, outcome.stderr);
  assert.match(outcome.stdout, /known-for +│ 12,\d+ of 12,991 producers, [\d,]+ communities, edge F1/);
  assert.is(Object.keys(expected).length, 18);
  assert.ok(existsSync(join(straight, 'report.html')));
  assert.is(JSON.parse(readFileSync(join(straight, 'manifest.json'), 'utf8')).status, 'complete');
  // Colour codes have no place in a pipe.
  assert.not.match(outcome.stdout, new RegExp(String.fromCharCode(27)));
});

test('1, 2 and 4 threads write the same bytes', () => {
  for (const threads of ['1', '4']) {
    const folder = join(root, `threads-${threads}`);
    assert.is(simclusters(['run', '--model', folder, '--threads', threads, '--quiet']).status, 0);
    assert.equal(artifactHashes(folder), expected, `${threads} threads`);
  }
});

test('another seed makes other communities', () => {
  const folder = join(root, 'seed');
  assert.is(simclusters(['known-for', '--follows', join(root, 'none')]).status, 66);
  assert.is(simclusters(['run', '--model', folder, '--seed', 'another', '--quiet']).status, 0);
  assert.is.not(artifactHashes(folder)['knownFor.parquet'], expected['knownFor.parquet']);
  assert.is(artifactHashes(folder)['producerSimilarity.parquet'], expected['producerSimilarity.parquet']);
});

test('kill -9 at any moment: the next run ends with the same bytes', async () => {
  for (const afterMs of [350, 600, 800, 1000, 1250]) {
    const folder = join(root, `killed-${afterMs}`);
    const child = startSimclusters(['run', '--model', folder]);
    await sleep(afterMs);
    child.kill('SIGKILL');
    await new Promise((resolve) =>
      child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve(null),
    );
    const second = simclusters(['run', '--model', folder]);
    assert.is(second.status, 0, second.stderr);
    assert.equal(artifactHashes(folder), expected, `killed after ${afterMs} ms`);
    assert.equal(
      readdirSync(folder).filter((file) => /tmp|lock/.test(file)),
      [],
      'nothing left behind',
    );
  }
});

test('a second run takes everything from disk; a changed flag redoes what it touches', () => {
  const again = simclusters(['run', '--model', straight]);
  assert.is((again.stderr.match(/up to date/g) ?? []).length, 11, again.stderr);
  const folder = join(root, 'changed');
  simclusters(['run', '--model', folder, '--quiet']);
  const changed = simclusters(['run', '--model', folder, '--max-tweets-per-cluster', '5']);
  assert.match(changed.stderr, /cluster-indices: started \(inputs, params or code changed\)/);
  assert.match(changed.stderr, /tweet-embeddings: up to date/);
});

test('a damaged artifact is noticed and made again', () => {
  const folder = join(root, 'damaged');
  simclusters(['run', '--model', folder, '--quiet']);
  const file = join(folder, 'knownFor.parquet');
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(file, bytes);
  const mended = simclusters(['run', '--model', folder]);
  assert.is(mended.status, 0);
  assert.match(mended.stderr, /known-for: started \(asked for, or its outputs are damaged\)/);
  assert.equal(artifactHashes(folder), expected);
});

test('a stage runs alone with the params of its model', () => {
  const folder = join(root, 'alone');
  simclusters(['run', '--model', folder, '--quiet']);
  const alone = simclusters(['known-for', '--model', folder, '--num-communities', '50']);
  assert.is(alone.status, 0, alone.stderr);
  assert.match(alone.stderr, /producer-similarity: up to date/);
  assert.match(alone.stderr, /known-for: [\d,]+ of 12,991 producers, (50|4\d) communities/);
});

test('own data through stdin, config file and JSON log', () => {
  const folder = join(root, 'own');
  const config = join(root, 'config.json');
  writeFileSync(config, JSON.stringify({ 'min-followers': 1, 'num-communities': 2 }));
  const follows = ['a x', 'a y', 'b x', 'b y', 'c z', 'c w', 'd z', 'd w']
    .map((row) => row.replace(' ', '\t'))
    .join('\n');
  const own = simclusters(
    ['run', '--follows', '-', '--config', config, '--log', 'json', '--model', folder],
    follows,
  );
  assert.is(own.status, 0, own.stderr);
  const events = own.stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.is(events.at(-1).type, 'run-end');
  const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
  assert.is(manifest.stages['known-for'].params.numCommunities, 2);
  assert.is(manifest.stages['known-for'].report.f1, 1);
});

test('one writer at a time; the lock of a dead process is taken over', () => {
  const folder = join(root, 'locked');
  simclusters(['run', '--model', folder, '--quiet']);
  writeFileSync(join(folder, 'lock'), String(process.pid));
  const locked = simclusters(['run', '--model', folder]);
  assert.is(locked.status, 75);
  assert.match(locked.stderr, /MODEL_LOCKED[\s\S]*to do:/);
  writeFileSync(join(folder, 'lock'), '999999999');
  assert.is(simclusters(['run', '--model', folder, '--quiet']).status, 0);
});

test('bad input and bad flags: place, reason, remedy and exit code, and no artifact', () => {
  const write = (name: string, bytes: string | Uint8Array): string => {
    writeFileSync(join(root, name), bytes);
    return join(root, name);
  };
  const example = readFileSync(new URL('../../src/example/follows.tsv.gz', import.meta.url));
  const cases: [args: string[], status: number, says: RegExp][] = [
    [['--follows', join(root, 'missing.tsv')], 66, /INPUT_MISSING[\s\S]*missing\.tsv/],
    [['--follows', write('empty.tsv', '')], 65, /EMPTY_INPUT/],
    [['--follows', write('nan.tsv', 'a\tb\t1\nc\td\tNaN\n')], 65, /BAD_ROW[\s\S]*line 2, column 3[\s\S]*NaN/],
    [
      [
        '--follows',
        write(
          'junk.tsv',
          gunzipSync(example)
            .subarray(0, 500)
            .map((byte, i) => (i % 7 === 0 ? 0 : byte)),
        ),
      ],
      65,
      /BAD_FILE/,
    ],
    [['--follows', write('cut.tsv.gz', example.subarray(0, example.length >> 1))], 65, /BAD_FILE/],
    [['--wt-coeff', '-1'], 64, /BAD_PARAM[\s\S]*--wt-coeff/],
    [['--follows', write('nan-first.tsv', 'a\tb\tnan\nc\td\t2\n')], 65, /BAD_ROW[\s\S]*line 1, column 3/],
    [['--max-epochs', '1.5'], 64, /a whole number/],
    [['--threads', '-1'], 64, /-1 threads/],
    [['--threads', '1', '--threads', '2'], 64, /one value/],
    [['--model', ''], 64, /not empty/],
    [['--max-epochs', '3', '--max-epochs', '4'], 64, /given 2 times/],
    [['--no-such-flag'], 64, /BAD_PARAM/],
    [['--similarity-threshold', 'NaN'], 64, /BAD_PARAM/],
  ];
  cases.forEach(([args, status, says], i) => {
    const folder = join(root, `bad-${i}`);
    const bad = simclusters(['run', '--model', folder, ...args]);
    assert.is(bad.status, status, `${args.join(' ')}: ${bad.stderr}`);
    assert.match(bad.stderr, says);
    assert.match(bad.stderr, /to do:/);
    assert.equal(existsSync(folder) ? Object.keys(artifactHashes(folder)) : [], []);
  });
});

test('--bad-rows skip counts and shows the first five', () => {
  const folder = join(root, 'skipped');
  const file = join(root, 'some-bad.tsv');
  writeFileSync(
    file,
    `${Array.from({ length: 40 }, (_, i) => `u${i % 8}\tp${i % 5}\t${i % 5 === 4 ? 'x' : 1}`).join('\n')}\n`,
  );
  const skipped = simclusters([
    'run',
    '--follows',
    file,
    '--header',
    'no',
    '--bad-rows',
    'skip',
    '--model',
    folder,
  ]);
  assert.is(skipped.status, 0, skipped.stderr);
  assert.is((skipped.stderr.match(/some-bad\.tsv, line \d+, column 3: found "x"/g) ?? []).length, 5);
  const { input } = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')).stages['follow-graph']
    .report;
  assert.is(input.numBadRows, 8);
  assert.is(input.badRows.length, 5);
});

test('a time to decay to: in UTC, later events count as of then, nonsense is refused', () => {
  const write = (name: string, rows: string[]): string => {
    writeFileSync(join(root, name), `${rows.join('\n')}\n`);
    return join(root, name);
  };
  const inputs = [
    '--follows',
    write('few.tsv', ['a\tx', 'b\tx', 'a\ty', 'b\ty']),
    '--engagements',
    write('few-favs.tsv', ['1600000000\ta\tx\tfav', '1600086400\tb\tx\tfav']),
  ];
  const at = (now: string): [number | null, number[]] => {
    const folder = join(root, `now ${now}`);
    const run = simclusters([
      'engagement-graph',
      ...inputs,
      '--now',
      now,
      '--fav-half-life-days',
      '1',
      '--model',
      folder,
    ]);
    const sums =
      run.status === 0 ? openModel(folder).read('engagementGraph').table.columns['fav'] : undefined;
    return [run.status, sums?.kind === 'list' ? [...sums.values].map(Number) : []];
  };
  assert.equal(at('latest'), [0, [0.5, 1]]);
  assert.equal(at('1600086400'), [0, [0.5, 1]]);
  assert.equal(at('2020-09-13T12:26:40'), [0, [1, 1]], 'the time of the first fav');
  assert.equal(at('soon'), [64, []]);
});

test('a reader that stops early is no error', () => {
  const piped = spawnSync(
    'sh',
    ['-c', `"${process.execPath}" "${cliFile}" run --model "${straight}" | head -1`],
    { encoding: 'utf8' },
  );
  assert.not.match(piped.stderr, /EPIPE|Error/);
});

test('errors in the JSON log are JSON, too', () => {
  const lines = simclusters([
    'run',
    '--follows',
    join(root, 'none'),
    '--log',
    'json',
    '--model',
    join(root, 'json'),
  ]).stderr;
  const events = lines
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.is(events.at(-1).code, 'INPUT_MISSING');
});

test('a full disk: said, and no artifact half-written', () => {
  const folder = join(root, 'full');
  // A limit on file sizes stands in for the disk: the write fails midway in the same way.
  const run = spawnSync(
    'sh',
    ['-c', `ulimit -f 400; exec "${process.execPath}" "${cliFile}" run --model "${folder}"`],
    {
      encoding: 'utf8',
    },
  );
  assert.is(run.status, 73, run.stderr);
  assert.match(run.stderr, /WRITE_FAILED[\s\S]*to do:/);
  assert.equal(
    readdirSync(folder).filter((file) => /tmp|lock/.test(file)),
    [],
  );
  for (const [file, hash] of Object.entries(artifactHashes(folder))) assert.is(hash, expected[file], file);
});

test('a folder that cannot be written to is said at once', () => {
  const blocked = simclusters(['run', '--model', join(straight, 'manifest.json', 'model')]);
  assert.is(blocked.status, 73);
  assert.match(blocked.stderr, /WRITE_FAILED/);
});

test.run();

/** What the README says runs; the table of stages is the declarations'. UPDATE_GOLDEN=1 rewrites the table. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Results } from '../bench/suite/rows.ts';
import { readmeTable } from '../bench/suite/tables.ts';
import { kernelNames } from '../src/kernels/abi.ts';
import { stages } from '../src/stages/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const file = join(root, 'README.md');
const text = readFileSync(file, 'utf8');

/** A folder where `node dist/cli.js` and `import 'simclusters'` work as in a checkout. */
function workplace(): string {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-readme-'));
  writeFileSync(join(folder, 'package.json'), '{"name":"reader","private":true}');
  symlinkSync(join(root, 'dist'), join(folder, 'dist'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules', 'simclusters'));
  return folder;
}

const cwd = workplace();
const blocks = [...text.matchAll(/^```(sh|js)\n([\s\S]*?)^```/gm)].map(([, language, code]) => ({
  language,
  code,
}));

test('every shell and JavaScript block runs, in order', () => {
  assert.ok(blocks.length >= 6);
  for (const { language, code } of blocks) {
    // The install is what brought this test here; `npm start` is what package.json says it is.
    const script = code.replace(/^npm ci$/m, '').replace(/^npm start$/m, 'node dist/cli.js run');
    writeFileSync(join(cwd, 'block.mjs'), code);
    const run =
      language === 'sh'
        ? spawnSync('sh', ['-ec', script], { cwd, encoding: 'utf8' })
        : spawnSync('node', ['block.mjs'], { cwd, encoding: 'utf8' });
    assert.is(run.status, 0, `${code}\n${run.stderr}`);
  }
});

test('the output shown is what the commands print', () => {
  const shown = [...text.matchAll(/^```text\n([\s\S]*?)^```/gm)].map(([, lines]) =>
    lines.trimEnd().split('\n'),
  );
  assert.is(shown.length, 2);
  const commands = [...text.matchAll(/^node (dist\/cli\.js inspect .*)$/gm)].map(([, command]) =>
    command.split(' '),
  );
  shown.forEach((lines, i) => {
    const { stdout } = spawnSync('node', commands[i], { cwd, encoding: 'utf8' });
    const printed = stdout.split('\n').map((line) => line.trimEnd());
    for (const line of lines)
      if (line !== '…') assert.ok(printed.includes(line.trimEnd()), `not printed: ${line}`);
  });
});

test('the table of stages is the one the stages declare', () => {
  const rows = stages.map(
    ({ name, summary, writes }) =>
      `| \`${name}\` | ${summary} | ${writes.map((a) => `\`${a}\``).join(', ')} |`,
  );
  const table = ['| stage | what it does | artifacts |', '|---|---|---|', ...rows].join('\n');
  const wanted = text.replace(/(<!-- stages -->\n)[\s\S]*(<!-- \/stages -->)/, `$1${table}\n$2`);
  if (process.env['UPDATE_GOLDEN'] && wanted !== text) writeFileSync(file, wanted);
  else assert.is(text, wanted, 'run UPDATE_GOLDEN=1 npm test to renew the table');
});

const results: Results = JSON.parse(readFileSync(join(root, 'bench/results.json'), 'utf8'));

test('the results kept have every kernel, and say of each row what, where and when', () => {
  const measured = new Set(
    results.rows.filter(({ part }) => part === 'kernels').flatMap(({ kernels }) => kernels),
  );
  assert.equal(
    kernelNames.filter((kernel) => !measured.has(kernel)),
    [],
    'run npm run bench',
  );
  for (const { work, way, shape, machine, runtime, date, numRounds, least, median, most } of results.rows) {
    for (const text of [work, way, shape, machine]) assert.ok(text.length > 0, `${work}, ${way}`);
    assert.match(runtime, /^(Node|Deno|Bun|Chromium) v?\d+\.\d+/);
    assert.match(date, /^\d{4}-\d\d-\d\d$/);
    assert.ok(numRounds > 0 && least <= median && median <= most, `${work}, ${way}`);
  }
});

test('the table of kernels is that of the results kept', () => {
  const [, shown] = /<!-- bench -->\n([\s\S]*)<!-- \/bench -->/.exec(text) ?? [];
  assert.is(shown, `${readmeTable(results)}\n`, 'run npm run bench, which writes both');
  assert.not.match(shown, /\| – \| – \|/, 'a work of the README is not among the results');
});

test.run();

// Runs every *.test.ts under test/ (or the folder and pattern given) and closes with `N passed, N failed`.
//   node test/run-tests.mjs [dir] [pattern]
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const wallClockLimitMs = 15 * 60 * 1000;
const bin = createRequire(import.meta.url)
  .resolve('uvu')
  .replace(/dist.*$/, 'bin.js');
const [dir = 'test', pattern = '\\.test\\.ts$'] = process.argv.slice(2);
// uvu passes a file that never calls run(); such a file is a failure here.
const forgotten = readdirSync(dir, { recursive: true }).filter(
  (file) => new RegExp(pattern).test(file) && !/\.run\(\)/.test(readFileSync(`${dir}/${file}`, 'utf8')),
);
const runner = spawn(
  process.execPath,
  ['--enable-source-maps', '--import', 'tsx', bin, '--color', dir, pattern],
  { stdio: ['ignore', 'pipe', 'inherit'] },
);
const limit = setTimeout(() => {
  console.log(`tests still running after ${wallClockLimitMs / 60000} minutes: killed`);
  runner.kill('SIGKILL');
}, wallClockLimitMs);
let output = '';
runner.stdout.on('data', (chunk) => {
  process.stdout.write(chunk);
  output += chunk;
});
runner.on('close', (code) => {
  clearTimeout(limit);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: strips the colours uvu writes
  const text = output.replace(/\x1b\[[0-9;]*m/g, '');
  const count = (label) =>
    Number([...text.matchAll(new RegExp(`^\\s*${label}:\\s+(\\d+)`, 'gm'))].at(-1)?.[1] ?? 0);
  const total = count('Total');
  const passed = count('Passed');
  const failed = Math.max(total - passed, code !== 0 && total === passed ? 1 : 0) + forgotten.length;
  if (failed > forgotten.length)
    console.log(`Failures again, for whoever reads the end alone:\n${failures(text)}`);
  for (const file of forgotten) console.log(`no .run() in ${file}: its tests were never executed`);
  console.log(`${passed} passed, ${failed} failed, ${count('Skipped')} skipped`);
  process.exitCode = code || (failed || !total ? 1 : 0);
});

/** What uvu printed of each failing test: from its FAIL to the next file or the totals. */
function failures(text) {
  let file = '';
  let inside = false;
  return text
    .split('\n')
    .flatMap((line) => {
      if (/\.test\.ts$/.test(line)) [file, inside] = [line, false];
      else if (/^ {2}Total: /.test(line)) inside = false;
      else if (/^ +FAIL /.test(line)) inside = true;
      if (!inside) return [];
      return /^ +FAIL /.test(line) ? `${line}, ${file}` : line;
    })
    .join('\n');
}

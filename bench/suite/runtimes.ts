/** The works in Deno, Bun and Chromium, where these are to be had. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { readWasm } from '../../src/kernels/open.ts';
import { findRuntime } from '../../test/edge/runtimes.ts';
import { findChromium } from '../../test/fixtures/chromium.ts';
import type { PortableResult, PortableTask } from './portable-run.ts';

export interface RuntimeResult {
  readonly runtime: string;
  readonly results: readonly PortableResult[];
}

export async function runElsewhere(task: PortableTask): Promise<RuntimeResult[]> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-bench-'));
  try {
    const script = await scriptOf(task);
    const found: RuntimeResult[] = [];
    for (const [name, flags] of [
      ['deno', ['run', '--allow-read']],
      ['bun', ['run']],
    ] as const) {
      const program = findRuntime(name);
      if (program)
        found.push({ runtime: versionOf(program), results: runIn(program, flags, folder, script) });
    }
    const browser = await runInChromium(script);
    return browser ? [...found, browser] : found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A script that needs nothing but WebAssembly and leaves the results, as JSON, in `globalThis.results`. */
async function scriptOf(task: PortableTask): Promise<string> {
  const entry = fileURLToPath(new URL('portable-run.ts', import.meta.url));
  const { outputFiles } = await build({
    stdin: {
      contents: `import { runPortably } from ${JSON.stringify(entry)};
const module = Uint8Array.from(atob(${JSON.stringify(Buffer.from(readWasm('core.wasm')).toString('base64'))}), (c) => c.charCodeAt(0));
globalThis.results = JSON.stringify(await runPortably(module, ${JSON.stringify(task)}));`,
      resolveDir: '.',
    },
    ...{ bundle: true, write: false, format: 'esm', target: 'es2022', platform: 'neutral' },
  });
  return outputFiles[0].text;
}

function runIn(program: string, flags: readonly string[], folder: string, script: string): PortableResult[] {
  const file = join(folder, 'suite.mjs');
  writeFileSync(file, `${script}\nconsole.log(globalThis.results);\n`);
  const { status, stdout, stderr } = spawnSync(program, [...flags, file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${stderr}`);
  return JSON.parse(stdout);
}

/** `deno 2.9.6 (...)` or `1.4.5`: the name and the number. */
function versionOf(program: string): string {
  const { stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' });
  const [version] = /\d+\.\d+\.\d+/.exec(stdout) ?? ['?'];
  return `${program.endsWith('deno') ? 'Deno' : 'Bun'} ${version}`;
}

async function runInChromium(script: string): Promise<RuntimeResult | undefined> {
  const executablePath = findChromium('its rows of the suite');
  if (executablePath === undefined) return undefined;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    await page.setContent(`<script type="module">${script.replaceAll('</script', '<\\/script')}</script>`);
    await page.waitForFunction('globalThis.results', undefined, { timeout: 600_000 });
    const results = await page.evaluate(() => (globalThis as { results?: string }).results as string);
    return { runtime: `Chromium ${browser.version()}`, results: JSON.parse(results) };
  } finally {
    await browser.close();
  }
}

/** Chromium on a bundled example: a folder served as a static host would, with ranges. */
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';

/** Runs `check` in a page that loads this script of the folder; it is given the ranges that the page asked for, too. */
export async function inChromium(
  executablePath: string,
  { folder, script }: { readonly folder: string; readonly script: string },
  check: (page: Page, ranges: readonly string[]) => Promise<void>,
): Promise<void> {
  const { server, url, ranges } = await serveFolder(folder, script);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await check(page, ranges);
  } finally {
    await browser.close();
    server.close();
  }
}

/** A static server that knows ranges, and what it was asked for. */
async function serveFolder(folder: string, script: string) {
  const ranges: string[] = [];
  const types: Readonly<Record<string, string>> = { js: 'text/javascript', wasm: 'application/wasm' };
  const server = createServer((request, response) => {
    const name = (request.url ?? '/').slice(1);
    if (name === '') return response.end(`<script type="module" src="${script}"></script>`);
    if (!existsSync(join(folder, name))) return response.writeHead(404).end();
    const content = readFileSync(join(folder, name));
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    response.setHeader('content-type', types[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream');
    if (!range) return response.end(content);
    ranges.push(range[0]);
    return response.writeHead(206).end(content.subarray(Number(range[1]), Number(range[2]) + 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  return { server, url: `http://127.0.0.1:${port}/`, ranges };
}

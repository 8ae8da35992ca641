/** The edge module in each runtime: from bytes to the first answer, and answers per second. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { openEdgeModel } from '../../src/edge.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { readWasm } from '../../src/kernels/open.ts';
import { edgeFilePieces } from '../../src/retrieval/edge-file.ts';
import { buildItemIndex } from '../../src/retrieval/item-index.ts';
import { bundle, findRuntime, root, runtimeNames, serveIn } from '../../test/edge/runtimes.ts';
import { table } from '../table.ts';
import { drawStream } from './spaces.ts';

const NUM_ITEMS = 50_000;
const NUM_ASKED = 400;
const COLD_STARTS = 5;

export async function compareEdge(kernels: Kernels): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'simclusters-edge-'));
  try {
    const space = await drawStream(kernels, NUM_ITEMS, 50);
    const index = await buildItemIndex(kernels, space.items, { scale: 'unit', hasInverse: false });
    const ids = idTableFromStrings(Array.from({ length: NUM_ITEMS }, (_, i) => `item-${i}`));
    const file = Buffer.concat(
      edgeFilePieces({ index, ids, modelVersion: 'bench', embeddingType: 'LogFavBasedTweet' }),
    );
    writeFileSync(join(folder, 'items.edge'), file);
    for (const name of ['edge.wasm', 'edge.scalar.wasm']) writeFileSync(join(folder, name), readWasm(name));
    for (const name of ['workers', 'deno', 'bun'])
      await bundle(join(root, `test/edge/examples/${name}.js`), join(folder, `${name}.js`));
    await bundle(join(root, 'dist/edge.js'), join(folder, 'glue.js'));
    const queries = space.sources[0].vectors.map(({ clusters, scores }) => ({
      vector: Array.from(clusters, (cluster, i) => [cluster, scores[i]] as const),
    }));
    const rows = [
      ...nodeRows(file, queries),
      ...(await serverRows(
        folder,
        queries.map((q) => JSON.stringify(q)),
      )),
    ];
    const sizes = ['glue.js', 'edge.wasm'].map(
      (name) => gzipSync(readFileSync(join(folder, name)), { level: 9 }).length,
    );
    const note = `Module and glue: ${((sizes[0] + sizes[1]) / 1024).toFixed(1)} KB gzipped (module ${sizes[1]} bytes). Model: ${NUM_ITEMS} items, ${(file.length / 2 ** 20).toFixed(0)} MiB with whole vectors; users as sources, 20 × 800, 200 results. Servers: from starting the process to the first answer over HTTP, and answers over one connection, each with its ids as JSON.`;
    return `${table(['runtime', 'first answer', 'answers/s'], rows)}\n\n${note}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** In this process: from bytes of module and model to an answer, and how many more a second. */
function nodeRows(
  file: Buffer,
  queries: readonly { vector: readonly (readonly [number, number])[] }[],
): string[][] {
  return ['edge.wasm', 'edge.scalar.wasm'].map((name) => {
    const wasm = readWasm(name);
    const { buffer } = new Uint8Array(file);
    const starts = Array.from({ length: COLD_STARTS }, () => {
      const began = performance.now();
      openEdgeModel(wasm, buffer as ArrayBuffer).search(queries[0]);
      return performance.now() - began;
    });
    const model = openEdgeModel(wasm, buffer as ArrayBuffer);
    const began = performance.now();
    for (let i = 0; i < NUM_ASKED * 5; i++) model.search(queries[i % queries.length]);
    const perSecond = (NUM_ASKED * 5000) / (performance.now() - began);
    return [
      `Node, in process, ${name}`,
      `${starts.sort((a, b) => a - b)[COLD_STARTS >> 1].toFixed(0)} ms`,
      perSecond.toFixed(0),
    ];
  });
}

async function serverRows(folder: string, queries: readonly string[]): Promise<string[][]> {
  const rows: string[][] = [];
  for (const name of runtimeNames) {
    const program = findRuntime(name);
    if (program === undefined) continue;
    const starts: number[] = [];
    for (let round = 0; round < COLD_STARTS; round++) {
      const began = performance.now();
      const server = await serveIn(name, program, folder);
      await server.post(queries[0]);
      starts.push(performance.now() - began);
      server.stop();
    }
    const server = await serveIn(name, program, folder);
    for (const query of queries) await server.post(query);
    const began = performance.now();
    for (let i = 0; i < NUM_ASKED; i++) await server.post(queries[i % queries.length]);
    const perSecond = (NUM_ASKED * 1000) / (performance.now() - began);
    server.stop();
    rows.push([
      `${name}, over HTTP`,
      `${starts.sort((a, b) => a - b)[COLD_STARTS >> 1].toFixed(0)} ms`,
      perSecond.toFixed(0),
    ]);
  }
  return rows;
}

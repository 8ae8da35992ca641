// Bun: bun app-bun.js
import { openEdgeModel, supportsSimd } from 'simclusters/edge';
import { createEdgeApp } from 'simclusters/edge-app';

const bytesOf = (name) => Bun.file(new URL(name, import.meta.url)).arrayBuffer();
const wasm = new Uint8Array(await bytesOf(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm'));
const app = createEdgeApp(openEdgeModel(wasm, await bytesOf('./items.edge')));

export default { port: Number(process.env.PORT ?? 3000), hostname: '127.0.0.1', fetch: app.fetch };

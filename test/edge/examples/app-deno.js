// Deno: deno serve --allow-read app-deno.js
import { openEdgeModel, supportsSimd } from 'simclusters/edge';
import { createEdgeApp } from 'simclusters/edge-app';

const bytesOf = (name) => Deno.readFile(new URL(name, import.meta.url));
const wasm = await bytesOf(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm');
const app = createEdgeApp(openEdgeModel(wasm, (await bytesOf('./items.edge')).buffer));

export default { fetch: app.fetch };

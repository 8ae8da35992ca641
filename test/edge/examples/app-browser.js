// A browser: the whole file is loaded, and the page asks its own app instead of a server.
import { openEdgeModel, supportsSimd } from 'simclusters/edge';
import { createEdgeApp } from 'simclusters/edge-app';

const bytesOf = async (name) => (await fetch(name)).arrayBuffer();
const wasm = new Uint8Array(await bytesOf(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm'));
const app = createEdgeApp(openEdgeModel(wasm, await bytesOf('./items.edge')));

window.ask = (path, init) => app.request(path, init);

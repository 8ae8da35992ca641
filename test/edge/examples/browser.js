// A browser: the module compiles while it streams in, and only the lists that queries need are fetched, by HTTP ranges.
import { openRemoteEdgeModel, supportsSimd } from 'simclusters/edge';

const wasm = await WebAssembly.compileStreaming(fetch(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm'));

async function readRange(start, end) {
  const response = await fetch('./items.edge', { headers: { range: `bytes=${start}-${end - 1}` } });
  if (response.status !== 206) throw new Error(`range request answered ${response.status}`);
  return response.arrayBuffer();
}

const model = await openRemoteEdgeModel(wasm, readRange);
window.search = async (query) => JSON.stringify(await model.search(query));

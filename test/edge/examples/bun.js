// Bun: bun bun.js
import { openEdgeModel, supportsSimd } from 'simclusters/edge';

const bytesOf = (name) => Bun.file(new URL(name, import.meta.url)).arrayBuffer();
const wasm = new Uint8Array(await bytesOf(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm'));
const model = openEdgeModel(wasm, await bytesOf('./items.edge'));

export default {
  port: Number(process.env.PORT ?? 3000),
  hostname: '127.0.0.1',
  async fetch(request) {
    try {
      return Response.json(model.search(await request.json()));
    } catch (error) {
      return Response.json({ error: error.code ?? 'BAD_REQUEST' }, { status: error.httpStatus ?? 400 });
    }
  },
};

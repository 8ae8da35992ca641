// Deno: deno serve --allow-read deno.js
import { openEdgeModel, supportsSimd } from 'simclusters/edge';

const bytesOf = (name) => Deno.readFile(new URL(name, import.meta.url));
const wasm = await bytesOf(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm');
const model = openEdgeModel(wasm, (await bytesOf('./items.edge')).buffer);

export default {
  async fetch(request) {
    try {
      return Response.json(model.search(await request.json()));
    } catch (error) {
      return Response.json({ error: error.code ?? 'BAD_REQUEST' }, { status: error.httpStatus ?? 400 });
    }
  },
};

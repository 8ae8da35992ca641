// Cloudflare Workers: compiled code is imported, for compiling at run time is forbidden. Here the model is part of the bundle; a larger one
// comes from R2 or a static asset, as bytes or by ranges (see browser.js).
import { openEdgeModel, supportsSimd } from 'simclusters/edge';
import scalar from './edge.scalar.wasm';
import simd from './edge.wasm';
import file from './items.edge';

const model = openEdgeModel(supportsSimd() ? simd : scalar, file);

export default {
  async fetch(request) {
    try {
      return Response.json(model.search(await request.json()));
    } catch (error) {
      return Response.json({ error: error.code ?? 'BAD_REQUEST' }, { status: error.httpStatus ?? 400 });
    }
  },
};

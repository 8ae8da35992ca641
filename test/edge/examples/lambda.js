// AWS Lambda and its like, behind a function URL: the model is opened once per instance.
import { readFileSync } from 'node:fs';
import { openEdgeModel, supportsSimd } from 'simclusters/edge';

const bytesOf = (name) => new Uint8Array(readFileSync(new URL(name, import.meta.url)));
const wasm = bytesOf(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm');
const model = openEdgeModel(wasm, bytesOf('./items.edge').buffer);

export async function handler(event) {
  try {
    return { statusCode: 200, body: JSON.stringify(model.search(JSON.parse(event.body))) };
  } catch (error) {
    return {
      statusCode: error.httpStatus ?? 400,
      body: JSON.stringify({ error: error.code ?? 'BAD_REQUEST' }),
    };
  }
}

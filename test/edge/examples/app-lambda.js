// AWS Lambda and its like, behind a function URL or an HTTP API: hono turns events into requests. Opened once per instance.
import { readFileSync } from 'node:fs';
import { handle } from 'hono/aws-lambda';
import { openEdgeModel, supportsSimd } from 'simclusters/edge';
import { createEdgeApp } from 'simclusters/edge-app';

const bytesOf = (name) => new Uint8Array(readFileSync(new URL(name, import.meta.url)));
const wasm = bytesOf(supportsSimd() ? './edge.wasm' : './edge.scalar.wasm');

export const handler = handle(createEdgeApp(openEdgeModel(wasm, bytesOf('./items.edge').buffer)));

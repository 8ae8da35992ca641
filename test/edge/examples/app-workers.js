// Cloudflare Workers: the HTTP interface of the server (routes, checks, OpenAPI document) from a compact file.
import { openEdgeModel, supportsSimd } from 'simclusters/edge';
import { createEdgeApp } from 'simclusters/edge-app';
import scalar from './edge.scalar.wasm';
import simd from './edge.wasm';
import file from './items.edge';

export default createEdgeApp(openEdgeModel(supportsSimd() ? simd : scalar, file));

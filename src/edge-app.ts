/**
 * The HTTP interface for workers, serverless and runtimes other than Node: what compact files answer, by the routes, checks, problems
 * and OpenAPI document of the server. No Node API; nothing is compiled or read on import. `simclusters/edge` opens the files.
 */
export { createEdgeApp, type EdgeAppOptions } from './api/edge-app.ts';

/** What a stream answers by HTTP besides taking events: embeddings as they are now, those that are kept, metrics. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type ItemKind, itemKinds, MAX_ID_BYTES } from '../embeddings/event-rows.ts';
import type { ItemRecord } from '../embeddings/item-records.ts';
import { type KeptEmbedding, LATEST, LONGEST } from './embedding-store.ts';
import type { StatusReader, StreamMetrics } from './metrics.ts';
import type { Stream } from './stream.ts';

export interface RouteOptions {
  readonly stream: Stream;
  readonly status: StatusReader;
  readonly metrics: StreamMetrics;
  /** Least score of a cluster. */
  readonly itemThreshold: number;
}

/**
 * `GET /v1/embeddings/KIND/ID`            as it is at the time of the latest event
 * `GET /v1/kept/ID?version=latest|longest|MS`  as it is kept; without a version: which there are
 * `GET /v1/status`, `GET /metrics`, `GET /healthz`
 */
export function streamRoutes(options: RouteOptions) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, first, second, ...rest] = url.pathname.split('/').map(decoded);
    if (first === 'metrics') {
      response.writeHead(200, { 'content-type': options.metrics.contentType });
      response.end(await options.metrics.text());
      return true;
    }
    if (first === 'healthz') return send(response, 200, { status: 'ok' });
    if (first !== 'v1') return false;
    if (second === 'status') return send(response, 200, { ...options.status.read() });
    if (second === 'embeddings') return sendEmbedding(response, options, rest[0], rest.slice(1).join('/'));
    if (second === 'kept')
      return sendKept(response, options, rest.join('/'), url.searchParams.get('version'));
    return false;
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

async function sendEmbedding(
  response: ServerResponse,
  { stream, itemThreshold }: RouteOptions,
  kind: string | undefined,
  id: string,
): Promise<boolean> {
  const bytes = Buffer.from(id);
  if (!itemKinds.includes(kind as ItemKind) || bytes.length === 0 || bytes.length > MAX_ID_BYTES)
    return send(response, 400, {
      error: `expected /v1/embeddings/KIND/ID with a KIND of ${itemKinds.join(', ')}`,
    });
  await stream.counted();
  const [record] = await stream.engine.read(itemKinds.indexOf(kind as ItemKind), [bytes], itemThreshold);
  return record
    ? send(response, 200, embeddingOf(record))
    : send(response, 404, { error: `no ${kind} ${id}` });
}

function embeddingOf({ kind, id, timeMs, numFavs, numUpdates, clusters, scores }: ItemRecord) {
  return { kind, id, timeMs, numFavs, numUpdates, clusters: pairs(clusters, scores) };
}

function sendKept(
  response: ServerResponse,
  { stream: { embeddings } }: RouteOptions,
  id: string,
  version: string | null,
): boolean {
  if (version === null) return send(response, 200, { id, versions: embeddings.versions(id) });
  const number = { latest: LATEST, longest: LONGEST }[version] ?? Number(version);
  const kept = Number.isSafeInteger(number) ? embeddings.read(id, number) : undefined;
  return kept
    ? send(response, 200, keptOf(id, kept))
    : send(response, 404, { error: `no version ${version} of ${id}` });
}

function keptOf(id: string, { updatedAtMs, updatedCount, clusters, scores }: KeptEmbedding) {
  return { id, updatedAtMs, updatedCount, clusters: pairs(clusters, scores) };
}

function pairs(clusters: Uint32Array, scores: Float32Array) {
  return Array.from(clusters, (clusterId, i) => ({ clusterId, score: scores[i] }));
}

function send(response: ServerResponse, status: number, body: object): true {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
  return true;
}

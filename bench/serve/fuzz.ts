/** Many requests drawn from the OpenAPI document, over HTTP. */
import fc from 'fast-check';
import { callsOf, type Document, requestOf, Schemas } from '../../test/api/document.ts';
import { requestsFor } from '../../test/api/requests.ts';
import { startServer } from '../../test/serve/running.ts';

/** Asks as many requests as told; gives the counts by status, in words. */
export async function fuzz(model: string, numRequests: number): Promise<string> {
  const server = await startServer(['--model', model, '--threads', '1', '--max-waiting', '100000']);
  const base = `http://127.0.0.1:${server.port}`;
  const document = (await (await fetch(`${base}/openapi.json`)).json()) as Document;
  const schemas = new Schemas(document);
  const ids = ['item-1', 'user-0', 'producer-0'];
  const types = ['LogFavBasedTweet', 'FollowBasedProducer', 'FollowBasedUserInterestedIn', 'KnownFor'];
  const known = (field: string) =>
    /type/i.test(field) ? types : field === 'modelVersion' ? ['second'] : ids;
  const statuses = new Map<number, number>();
  const wrong: string[] = [];
  const drawn = requestsFor(callsOf(document), known);
  const batch = 1000;
  for (let done = 0; done < numRequests; done += batch) {
    const requests = fc.sample(drawn, { numRuns: batch, seed: done + 1 });
    for (let at = 0; at < batch; at += 20)
      await Promise.all(
        requests.slice(at, at + 20).map(async ({ call, parts }) => {
          const [url, init] = requestOf(call, parts);
          if (/\/\/|\/$|\/\?/.test(url) || /\/\.{1,2}(\/|$|\?)/.test(url)) return;
          const response = await fetch(base + url, init);
          statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
          // Node itself refuses heads above 16 KiB.
          if (response.status === 431) return;
          try {
            schemas.requireDeclared(call, response.status, await response.json());
          } catch (error) {
            wrong.push(`${url} ${init.body}: ${error}`);
          }
        }),
      );
  }
  const numDefects = server.log.filter(({ msg }) => msg === 'defect').length;
  const numDeaths = server.log.filter(({ msg }) => msg.startsWith('a process died')).length;
  await server.stop();
  if (wrong.length > 0) console.log(wrong.slice(0, 5).join('\n').slice(0, 3000));
  const counts = [...statuses].sort().map(([status, count]) => `${count} × ${status}`);
  return `Requests drawn from the OpenAPI document, half of them with something wrong in each part: ${counts.join(', ')}; ${wrong.length} answers that the document does not declare, ${numDefects} defects, ${numDeaths} processes that died.`;
}

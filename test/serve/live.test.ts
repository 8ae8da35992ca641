/** A server beside a stream: what is posted to the one can be retrieved from the other. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { buildTinyModel } from '../cli/tiny-model.ts';
import { freePort, StreamProcess } from '../fixtures/stream-process.ts';
import { startServer } from './running.ts';

const test = suite('serve beside a stream');
const { folder, model } = buildTinyModel();
test.after(() => rmSync(folder, { recursive: true }));

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (let i = 0; i < 600; i++) {
    const answer = await ask().catch(() => undefined);
    if (answer !== undefined) return answer;
    await wait(25);
  }
  throw new Error('it never came to be');
}

test('a fav posted to the stream makes its tweet retrievable; none of the requests meanwhile fails', async () => {
  const state = join(folder, 'state');
  const streamPort = await freePort();
  const stream = new StreamProcess([
    ...['--model', model, '--state', state, '--http', String(streamPort), '--quiet'],
    ...['--fav-score-threshold', '0', '--snapshot-seconds', '0.2', '--threads', '1', '--memory', '16MiB'],
  ]);
  const post = async (actorId: string, objectId: string) => {
    const body = JSON.stringify({ eventTimeMs: Date.now(), actorId, objectId });
    const answer = await fetch(`http://127.0.0.1:${streamPort}/v1/events`, { method: 'POST', body });
    return answer.ok ? true : undefined;
  };
  await until(() => post('chess-fan-1', 'opening'));
  const server = await startServer(['--model', model, '--stream', state, '--threads', '2']);
  const statuses = new Set<number>();
  const itemsFor = async (userId: string): Promise<string[]> => {
    const answer = await fetch(`http://127.0.0.1:${server.port}/v1/home`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userId, limit: 50 }),
    });
    statuses.add(answer.status);
    const { recommendations } = (await answer.json()) as { recommendations: { id: string }[] };
    return recommendations.map(({ id }) => id);
  };
  const seen = (user: string, item: string) => async () =>
    (await itemsFor(user)).includes(item) ? true : undefined;
  try {
    await until(seen('chess-fan-2', 'opening'));
    for (const item of ['gambit', 'endgame']) {
      assert.is(await post('chess-fan-1', item), true);
      await until(seen('chess-fan-2', item));
    }
    assert.equal([...statuses], [200]);
  } finally {
    await server.stop();
    assert.is((await stream.kill('SIGTERM')).code, 0);
  }
});

test.run();

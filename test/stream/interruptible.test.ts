import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Interruptible } from '../../src/stream/interruptible.ts';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

test('a wait gives what is waited for, and keeps nothing of it', async () => {
  const waits = new Interruptible<object>();
  const given: WeakRef<object>[] = [];
  for (let i = 0; i < 100; i++) {
    const value = await waits.wait(Promise.resolve({ bytes: new Uint8Array(1000) }));
    given.push(new WeakRef(value));
  }
  await new Promise((go) => setImmediate(go));
  collectGarbage();
  const numKept = given.filter((ref) => ref.deref()).length;
  // The last may still be on the stack.
  assert.ok(numKept <= 2, `${numKept} of 100 are kept`);
  waits.interrupt(async () => ({}));
});

test('an interruption ends the waits there are and those to come, with a value or an error', async () => {
  const never = new Promise<number>(() => {});
  const waits = new Interruptible<number>();
  const two = [waits.wait(never), waits.wait(never)];
  assert.is(await waits.wait(Promise.resolve(1)), 1);
  waits.interrupt(async () => 7);
  assert.equal(await Promise.all([...two, waits.wait(never)]), [7, 7, 7]);

  const failing = new Interruptible<number>();
  const waiting = failing.wait(never);
  const late = failing.wait(Promise.resolve().then(() => Promise.reject(new Error('late'))));
  failing.interrupt(() => Promise.reject(new Error('stopped')));
  for (const wait of [waiting, late, failing.wait(never)])
    assert.is(await wait.catch((error: Error) => error.message), 'stopped');
  assert.is(
    await new Interruptible().wait(Promise.reject(new Error('own'))).catch(({ message }) => message),
    'own',
  );
});

test.run();

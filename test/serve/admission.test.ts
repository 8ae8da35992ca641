import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Admission } from '../../src/serve/admission.ts';

const test = suite('admission');

/** Holds the thread. */
function busy(ms: number): string {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return 'answered';
}
const outcome = (promise: Promise<unknown>) => promise.catch((error) => error.code ?? error.message);

test('work is done in the order it came; what fails fails alone', async () => {
  const admission = new Admission({ maxWaiting: 10_000, maxWaitMs: 60_000 });
  const done: number[] = [];
  const all = Array.from({ length: 3000 }, (_, i) =>
    outcome(
      admission.admit(() => {
        if (i === 7) throw new Error('seven');
        done.push(i);
        return i;
      }),
    ),
  );
  const results = await Promise.all(all);
  assert.is(results[7], 'seven');
  assert.equal(
    done,
    [...Array(3000).keys()].filter((i) => i !== 7),
  );
  assert.is(admission.numWaiting, 0);
  assert.is(await admission.admit(() => 'again'), 'again');
});

test('when the line is full, who waited longest is refused at once, before those in it are answered', async () => {
  const admission = new Admission({ maxWaiting: 3, maxWaitMs: 60_000 }, 10_000);
  const order: string[] = [];
  const ask = (name: string) =>
    outcome(admission.admit(() => 'answered')).then((result) => order.push(`${name} ${result}`));
  await Promise.all(['a', 'b', 'c', 'd', 'e'].map(ask));
  assert.equal(order, ['a OVERLOADED', 'b OVERLOADED', 'c answered', 'd answered', 'e answered']);
});

test('who waited too long is refused when the turn comes; between turns others get the thread', async () => {
  const admission = new Admission({ maxWaiting: 100, maxWaitMs: 30 });
  let numTurns = 0;
  const turns = setInterval(() => numTurns++, 1);
  const results = await Promise.all(
    Array.from({ length: 20 }, () => outcome(admission.admit(() => busy(5)))),
  );
  clearInterval(turns);
  const answered = results.filter((result) => result === 'answered').length;
  assert.ok(answered >= 2 && answered <= 8, `${answered} answered`);
  assert.is(results.filter((result) => result === 'OVERLOADED').length, 20 - answered);
  assert.ok(numTurns >= 2, 'the sockets were not looked at');
});

test('while reading goes on, those in line are answered in between', async () => {
  const admission = new Admission({ maxWaiting: 10, maxWaitMs: 60_000 }, 4);
  const asked: Promise<unknown>[] = [];
  for (let i = 0; i < 60; i++) {
    busy(1);
    asked.push(outcome(admission.admit(() => 'answered')));
  }
  assert.equal(await Promise.all(asked), Array(60).fill('answered'));
});

test.run();

/** Posts on their way between processes: together, bounded, each with its own outcome. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { refusal } from '../../src/api/problems.ts';
import { EventRelay } from '../../src/serve/event-relay.ts';
import { failureOf } from '../../src/serve/failure.ts';
import type { NumberedPost } from '../../src/serve/messages.ts';

const test = suite('event relay');
const eventsOf = (text: string) => ({ events: new TextEncoder().encode(text) });
const outcome = (promise: Promise<unknown>) => promise.catch((error) => error.code ?? error.message);
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('posts of one turn go in one message; each gets its own outcome, in whatever order they come', async () => {
  const messages: (readonly NumberedPost[])[] = [];
  const relay = new EventRelay((posts) => messages.push(posts));
  const outcomes = ['a', 'b', 'c'].map((text) => outcome(relay.take(eventsOf(text))));
  assert.equal(messages, []);
  await turn();
  assert.equal(
    messages.map((posts) => posts.map(({ post }) => new TextDecoder().decode(post.events))),
    [['a', 'b', 'c']],
  );
  const [a, b, c] = messages[0].map(({ id }) => id);
  const failure = failureOf(refusal('OVERLOADED', 'much', 'less', 'wait'));
  relay.settle([
    { id: c, taken: { numEvents: 3 } },
    { id: b, failure },
  ]);
  relay.settle([{ id: a, failure: failureOf(new Error('broken')) }]);
  const [first, ...others] = await Promise.all(outcomes);
  assert.equal(others, ['OVERLOADED', { numEvents: 3 }]);
  assert.match(String(first), /^Error: broken/);
  const last = relay.take(eventsOf('d'));
  await turn();
  relay.settle([{ id: messages[1][0].id, taken: { numEvents: 1 } }]);
  assert.equal(await last, { numEvents: 1 });
});

test('beyond its bound it refuses at once, until there is room; cut off, it refuses all', async () => {
  const sent: NumberedPost[] = [];
  const relay = new EventRelay((posts) => sent.push(...posts), 10);
  const first = relay.take(eventsOf('0123456789'));
  const second = relay.take(eventsOf('0'));
  assert.is(await outcome(relay.take(eventsOf('x'))), 'OVERLOADED');
  await turn();
  assert.is(sent.length, 2);
  relay.settle([{ id: sent[0].id, taken: { numEvents: 1 } }]);
  await first;
  const third = outcome(relay.take(eventsOf('y')));
  relay.cutOff();
  assert.equal([await outcome(second), await third], ['OVERLOADED', 'OVERLOADED']);
  assert.is(await outcome(relay.take(eventsOf('z'))), 'OVERLOADED');
});

test.run();

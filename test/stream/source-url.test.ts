import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SimClustersError } from '../../src/core/errors.ts';
import { importClient } from '../../src/stream/sources/broker.ts';
import { isAfter } from '../../src/stream/sources/redis-entry.ts';
import { isSourceUrl, sourceOfUrl } from '../../src/stream/sources/source-url.ts';

const sourceOf = (url: string) => sourceOfUrl(url, { process: 'a' });

function refusal(url: string): string {
  try {
    sourceOf(url);
  } catch (error) {
    assert.instance(error, SimClustersError);
    assert.is((error as SimClustersError).code, 'BAD_PARAM');
    return (error as Error).message;
  }
  throw new Error(`${url} was taken`);
}

test('names host, port and topic, with the usual port where none is given', () => {
  assert.is(sourceOf('kafka://one:9093,two/events?group=g').name, 'kafka one:9093,two:9092 topic events');
  assert.is(sourceOf('redis://me:p%40ss@here/a%2Fb?db=2&consumer=c').name, 'redis here:6379 stream a/b');
  assert.is(sourceOf('redis://[::1]:7000/s').name, 'redis ::1:7000 stream s');
  assert.is(
    sourceOf('nats://here:4223/events?subject=e.*&ack-wait=5000').name,
    'nats here:4223 stream events',
  );
});

test('refuses what it does not know, and repeats no password', () => {
  assert.match(refusal('amqp://host/queue'), /kafka:\/\/HOST\/TOPIC/);
  assert.match(refusal('kafka://host'), /kafka:\/\/HOST\/TOPIC/);
  assert.match(refusal('kafka://host/t?topic=t'), /\?topic=.*one of group, from/s);
  assert.match(refusal('kafka://host/t?from=middle'), /earliest, latest/);
  assert.match(refusal('nats://host/t?batch=0'), /at least 1/);
  assert.match(refusal('redis://one,two/s'), /one host/);
  assert.not.match(refusal('redis://me:secret@one,two/s'), /secret/);
  assert.not.match(refusal('kafka://me:secret@host'), /secret/);
  assert.ok(isSourceUrl('nats://h/s'));
  assert.not(isSourceUrl('events.ndjson'));
});

test('a client that is not installed is named, with the command that installs it', async () => {
  const error = await importClient('no-such-client', () => import('no-such-client' as string)).catch(
    (e) => e,
  );
  assert.is(error.code, 'MISSING_PACKAGE');
  assert.match(error.message, /npm install no-such-client/);
});

test('ids of Redis streams are ordered as numbers', () => {
  for (const [id, other, after] of [
    ['2-0', '1-9', true],
    ['10-0', '9-0', true],
    ['1-10', '1-9', true],
    ['1-1', '1-1', false],
    ['18446744073709551614-0', '18446744073709551615-0', false],
  ] as const) {
    assert.is(isAfter(id, other), after, `${id} after ${other}`);
  }
});

test.run();

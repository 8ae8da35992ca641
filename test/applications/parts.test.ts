import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { frontLoad, interleave } from '../../src/applications/interleave.ts';
import { isSuspiciousChange, legibleEntities, withoutOptedOut } from '../../src/applications/opt-out.ts';
import { reasonsOf } from '../../src/applications/reasons.ts';
import { csrFromRows } from '../../src/core/csr.ts';
import { idTableFromStrings } from '../../src/core/ids.ts';
import { sparseVector } from '../../src/core/sparse-vector.ts';

const test = suite('parts of the applications');
const same = (id: string) => id;

test('interleaving takes turns, asks the same queue again on a duplicate, drops empty queues', () => {
  const queues = [['a', 'b', 'c', 'd'], ['a', 'b', 'x'], [], ['y']];
  assert.equal(interleave(queues, same, 10), ['a', 'b', 'y', 'c', 'x', 'd']);
  assert.equal(interleave(queues, same, 3), ['a', 'b', 'y']);
  assert.equal(interleave(queues, same, 0), []);
  assert.equal(frontLoad(queues, same, 10), ['a', 'b', 'c', 'd', 'x', 'y']);
  assert.equal(frontLoad(queues, same, 5), ['a', 'b', 'c', 'd', 'x']);
});

const legible = legibleEntities(
  csrFromRows(2, [
    [],
    [
      [0, 0.6],
      [1, 0.59],
    ],
    [[1, 0.9]],
  ]),
  idTableFromStrings(['e7', 'e8']),
);

test('entities are legible from .6', () => {
  assert.equal(
    [...legible],
    [
      [1, ['e7']],
      [2, ['e8']],
    ],
  );
});

test('a cluster goes as soon as one legible entity is hidden; nothing left is undefined', () => {
  const clustersLeft = (clusters: number[], hidden: string[]) =>
    withoutOptedOut(sparseVector(clusters.map((c) => [c, 1])), legible, new Set(hidden))?.clusters;
  assert.equal([...clustersLeft([1, 2], ['e7'])!], [2]);
  assert.equal([...clustersLeft([1, 3], ['e8'])!], [1, 3]);
  assert.is(clustersLeft([1], ['e7']), undefined);
  assert.equal([...clustersLeft([1, 2], [])!], [1, 2]);
});

test('a change of a thousandth of the users, or of a hundredth of the median, is suspicious', () => {
  const before = { numUsers: 10_000, medianClusters: 100 };
  assert.not(isSuspiciousChange(before, { numUsers: 9_991, medianClusters: 100 }));
  assert.ok(isSuspiciousChange(before, { numUsers: 9_990, medianClusters: 100 }));
  assert.ok(isSuspiciousChange(before, { numUsers: 10_000, medianClusters: 99 }));
});

test('reasons: shares of the dot product, largest first, ties to the lower cluster', () => {
  const source = sparseVector([
    [1, 1],
    [2, 2],
    [3, 1],
    [9, 5],
  ]);
  const candidate = sparseVector([
    [1, 2],
    [2, 2],
    [3, 2],
    [4, 7],
  ]);
  const reasons = reasonsOf(source, candidate, (cluster) => `c${cluster}`, 2);
  assert.equal(reasons, [
    { clusterId: 2, name: 'c2', share: 0.5 },
    { clusterId: 1, name: 'c1', share: 0.25 },
  ]);
  assert.equal(reasonsOf(source, sparseVector([[4, 1]]), String), []);
});

test.run();

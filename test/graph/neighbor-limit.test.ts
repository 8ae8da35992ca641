import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { csrFromRows } from '../../src/core/csr.ts';
import { limitNeighbors } from '../../src/graph/neighbor-limit.ts';

const follows = csrFromRows(5, [
  [
    [0, 1],
    [1, 1],
    [2, 1],
    [3, 1],
  ],
  [[4, 1]],
]);
const favs = csrFromRows(5, [
  [
    [3, 2],
    [4, 5],
  ],
  [],
]);
const inverseFollowNorm = Float32Array.of(0.5, 0.9, 0.5, 0.1, 0.2);
const rowsOf = ({ indptr, indices }: { indptr: Uint32Array; indices: Uint32Array }) =>
  [0, 1].map((row) => [...indices.subarray(indptr[row], indptr[row + 1])]);

test('the most faved stay, then the least followed, then the lower index; short rows stay whole', () => {
  const cut = limitNeighbors({ followGraph: follows, engagementGraph: favs }, inverseFollowNorm, 4);
  assert.equal(rowsOf(cut.followGraph), [[0, 1, 3], [4]]);
  assert.equal(rowsOf(cut.engagementGraph as typeof favs), [[3, 4], []]);
});

test('within the limit the very same matrices come back', () => {
  assert.is(limitNeighbors({ followGraph: follows }, inverseFollowNorm, 4).followGraph, follows);
});

test.run();

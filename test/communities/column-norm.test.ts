import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { normalizeColumns } from '../../src/communities/column-norm.ts';
import { csrFromRows } from '../../src/core/csr.ts';
import { dense, Random } from '../fixtures/random.ts';

const test = suite('unit column norm');

test('3 and 4 become .6 and .8; a column of zeros and an empty one stay; places and input stay', () => {
  const scores = csrFromRows(4, [
    [
      [1, 3],
      [2, 0],
    ],
    [],
    [
      [1, 4],
      [3, 0.25],
    ],
  ]);
  const before = structuredClone(scores);
  const unit = normalizeColumns(scores);
  assert.equal([...unit.data], [0.6, 0, 0.8, 1].map(Math.fround));
  assert.equal({ ...unit, data: scores.data }, before);
  const pattern = normalizeColumns({ ...scores, data: undefined });
  assert.equal([...pattern.data], [Math.SQRT1_2, 1, Math.SQRT1_2, 1].map(Math.fround));
});

test('any matrix: columns have norm 1 or 0, and a second time changes next to nothing', () => {
  for (let round = 0; round < 50; round++) {
    const random = new Random(`columns ${round}`);
    const unit = normalizeColumns(random.csr(random.below(30), 6));
    for (let column = 0; column < 6; column++) {
      const norm = Math.hypot(...dense(unit).map((row) => row[column]));
      assert.ok(norm === 0 || Math.abs(norm - 1) < 1e-6);
    }
    const again = normalizeColumns(unit);
    assert.ok(unit.data.every((value, i) => Math.abs(value - again.data[i]) < 1e-6));
  }
});

test.run();

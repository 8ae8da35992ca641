import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { open, reference, wasm } from '../fixtures/backends.ts';
import { Random } from '../fixtures/random.ts';
import { requireValidMemberships } from '../verify/memberships.ts';
import { applyRows, memberships } from './community-cases.ts';
import { runCase } from './run-case.ts';

const test = suite('overlap lists');
const backends = [open(wasm(1)), open(reference)];
test.after(async () => {
  for (const kernels of backends) await kernels.close();
});

const END = 0xffffffff;

/** The slots on a list, from head to end; each must know the one before it. */
function walk(head: number, next: Uint32Array, previous: Uint32Array): number[] {
  const slots: number[] = [];
  for (let slot = head; slot !== END; slot = next[slot]) {
    assert.is(previous[slot], slots.length === 0 ? END : slots[slots.length - 1]);
    assert.ok(slots.length < next.length, 'a list that never ends');
    slots.push(slot);
  }
  return slots;
}

for (const name of ['moveRowsAtOnce', 'applyRows'] as const) {
  test(`${name}: sizes count the members, lists hold the vertices in two communities or more`, async () => {
    for (let round = 0; round < 60; round++) {
      const random = new Random(`${name} ${round}`);
      const numVertices = 1 + random.below(40);
      const kernelCase = (name === 'applyRows' ? applyRows : memberships)(random, numVertices);
      const { numCommunities, width } = kernelCase.values as { numCommunities: number; width: number };
      for (const kernels of backends) {
        const left = (await runCase(kernels, name, kernelCase)) as Record<string, Uint32Array>;
        const { rows, sizes, overlapHeads, overlapNext, overlapPrevious } = left;
        requireValidMemberships({ numVertices, numCommunities, width, rows });
        const slots = [...rows.keys()];
        const isOverlapping = (slot: number) =>
          width > 1 && rows[slot - (slot % width) + 1] !== numCommunities;
        for (let community = 0; community < numCommunities; community++) {
          const own = slots.filter((slot) => rows[slot] === community);
          assert.is(sizes[community], own.length);
          const listed = walk(overlapHeads[community], overlapNext, overlapPrevious);
          assert.equal(
            listed.sort((a, b) => a - b),
            own.filter(isOverlapping),
          );
        }
      }
    }
  });
}

test.run();

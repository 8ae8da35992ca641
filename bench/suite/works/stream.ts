/** The streaming state: events in, items out, posting lists made of it. */
import { randomKey, streamOf, uniform } from '../../../src/core/rng.ts';
import { DecayedState } from '../../../src/embeddings/decayed-state.ts';
import type { EventRows } from '../../../src/embeddings/event-rows.ts';
import type { Kernels } from '../../../src/kernels/kernels.ts';
import type { SuiteInputs } from '../inputs.ts';
import { part, type Work } from '../work.ts';

const NUM_EVENTS = 2 ** 15;
const NUM_ITEMS = 2000;
const NUM_READ = 1000;
const THRESHOLD = 0.001;

export function streamWorks({ interest }: SuiteInputs): Work[] {
  const perActor = (interest.indices.length / interest.numRows).toFixed(1);
  return [
    {
      shape: `${NUM_EVENTS} events, ${perActor} clusters each, ${NUM_ITEMS} items`,
      async run(k: Kernels) {
        const state = new DecayedState(k, { budgetBytes: 2 ** 25 }, 0);
        const events = state.rows(NUM_EVENTS);
        const wanted = state.rows(NUM_READ);
        state.setInterests(interest);
        fillEvents(events, interest.numRows);
        for (let item = 0; item < NUM_READ; item++) addRow(wanted, item, 0, 0);
        const ignore = () => {};
        await state.apply(events, ignore);
        await state.rebase(1);
        await state.exportItems(NUM_EVENTS, THRESHOLD, ignore);
        await state.read(wanted, NUM_EVENTS, THRESHOLD, ignore);
        await state.buildIndex({
          ...{ nowMs: NUM_EVENTS, threshold: THRESHOLD, topK: 100, kinds: ['tweet'] },
          ...{ youngerMs: Number.POSITIVE_INFINITY, items: numbersOf(state) },
        });
        await state.sweep(NUM_EVENTS, 1, ignore);
      },
      parts: [
        part('events into the streaming state', 'applyEvents'),
        part('landmark of the state moved', 'rebaseItems'),
        part('all items of the state read', 'exportItems'),
        part(`${NUM_READ} items of the state read`, 'readItems'),
        part('entries of the state by cluster', 'countEntries', 'scatterEntries'),
        part('sweep for dead items', 'sweepItems'),
      ],
    },
  ];
}

const encoder = new TextEncoder();

function addRow(rows: EventRows, item: number, timeMs: number, actor: number): void {
  const id = encoder.encode(`t${item}`);
  rows.add(id, 0, id.length, 0, { timeMs, actor });
}

function fillEvents(rows: EventRows, numActors: number): void {
  const key = randomKey('bench', 'events');
  for (let i = 0; i < NUM_EVENTS; i++) {
    const stream = streamOf(key, 0, i);
    addRow(rows, Math.floor(uniform(stream, 0) * NUM_ITEMS), i, Math.floor(uniform(stream, 1) * numActors));
  }
}

/** Items numbered by their place in the tables. */
function numbersOf(state: DecayedState) {
  const sizes = state.tableSizes;
  const total = sizes.reduce((a, b) => a + b, 0);
  return {
    numbers: Uint32Array.from({ length: total }, (_, place) => place),
    starts: Uint32Array.from(sizes, (_, i) => sizes.slice(0, i).reduce((a, b) => a + b, 0)),
  };
}

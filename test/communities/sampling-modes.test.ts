import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { initialisations } from '../../src/communities/initialise.ts';
import type { DetectionOptions } from '../../src/communities/metropolis-hastings.ts';
import { acceptScale, proposals, updates } from '../../src/communities/options.ts';
import { colorPhases } from '../../src/communities/phases.ts';
import type { Csr } from '../../src/core/csr.ts';
import { SimClustersError } from '../../src/core/errors.ts';
import { communitiesOf, membershipsFromRows, singleMemberships } from '../../src/core/memberships.ts';
import { debug, open, wasm } from '../fixtures/backends.ts';
import { drawBipartite } from '../fixtures/bipartite.ts';
import { detectOn, plainDetection } from '../fixtures/detection.ts';
import { plantCommunities } from '../fixtures/planted.ts';
import { graphFromLists, Random } from '../fixtures/random.ts';
import { pairF1 } from '../verify/communities.ts';
import { requireValidMemberships } from '../verify/memberships.ts';

const test = suite('updates and proposals of the sampler');
const oneThread = open(wasm(1));
const twoThreads = open(wasm(2));
const checked = open(debug(1));
test.after(async () => {
  for (const kernels of [oneThread, twoThreads, checked]) await kernels.close();
});

const { graph, truth } = plantCommunities({
  sizes: [30, 25, 40, 20, 35],
  inside: 0.5,
  across: 0.02,
  seed: 'modes',
});
const five = { numCommunities: 5, maxEpochs: 12, runAllEpochs: true, numStarts: 4 };

/** All combinations that go together. */
const modes = updates.flatMap((update) =>
  proposals
    .filter((proposal) => update !== 'hogwild' || proposal === 'single-or-zero')
    .map((proposal) => ({ update, proposal, maxMemberships: proposal === 'single-or-zero' ? 1 : 3 })),
);

for (const mode of modes) {
  const name = `${mode.update}, ${mode.proposal}`;

  test(`${name}: memberships are valid, and rates are shares`, async () => {
    const { memberships, epochs } = await detectOn(twoThreads, graph, { ...five, ...mode, numStarts: 1 });
    requireValidMemberships(memberships);
    assert.ok(epochs.every(({ acceptRate }) => acceptRate >= 0 && acceptRate <= 1));
    assert.ok(epochs[0].acceptRate > 0);
    const most = mode.proposal === 'pure-random' ? 5 : mode.maxMemberships;
    for (let v = 0; v < graph.numRows; v++) assert.ok(communitiesOf(memberships, v).length <= most);
  });

  if (mode.update === 'hogwild') continue;
  test(`${name}: same seed, same bytes, on one thread and on two`, async () => {
    const run = async (kernels: typeof oneThread, seed: string) => {
      // A small weight of neighbours, so that much is left to chance.
      const options = { ...five, ...mode, wtCoeff: 0.5, numStarts: 1, maxEpochs: 4, seed };
      return (await detectOn(kernels, graph, options)).memberships;
    };
    const expected = await run(oneThread, 'a');
    assert.equal(await run(twoThreads, 'a'), expected);
    assert.equal(await run(checked, 'a'), expected);
    assert.not.equal(await run(oneThread, 'b'), expected);
  });
}

test('phases that threads share: same bytes whatever their number', async () => {
  const shared = drawBipartite(1200, 18, 'shared');
  assert.ok((await colorPhases(oneThread, shared)).isSmall.some((isSmall) => !isSmall));
  const fourThreads = open(wasm(4));
  for (const options of [
    {},
    { hastings: true },
    { proposal: 'multiple', maxMemberships: 3 },
    { update: 'deferred' },
  ] as const) {
    const run = async (kernels: typeof oneThread) => {
      const sampling = { ...options, numCommunities: 40, wtCoeff: 3, maxEpochs: 4, runAllEpochs: true };
      return (await detectOn(kernels, shared, sampling)).memberships;
    };
    const expected = await run(oneThread);
    for (const kernels of [twoThreads, fourThreads]) assert.equal(await run(kernels), expected);
  }
  await fourThreads.close();
});

for (const update of updates) {
  test(`${update}: planted communities are found`, async () => {
    const { memberships } = await detectOn(twoThreads, graph, { ...five, update });
    const f1 = pairF1(memberships.rows, truth, 5);
    assert.ok(f1 >= 0.95, `F1 to the truth: ${f1}`);
  });
}

for (const initialisation of initialisations) {
  test(`a run from ${initialisation} is valid, for all proposals and any number of communities`, async () => {
    for (const proposal of proposals) {
      for (const numCommunities of [1, 3, 40]) {
        const small = new Random('starts').graph(20);
        const options = { initialisation, proposal, numCommunities, maxMemberships: 4, maxEpochs: 3 };
        requireValidMemberships((await detectOn(checked, small, options)).memberships);
      }
    }
  });
}

/** Two cliques of ten that have the vertices 8 and 9 in common. */
const overlappingCliques = graphFromLists(
  Array.from({ length: 18 }, (_, v) =>
    Array.from({ length: 18 }, (_, u) => u).filter(
      (u) => u !== v && ((u < 10 && v < 10) || (u > 7 && v > 7)),
    ),
  ),
);

test('multiple memberships: vertices of two cliques belong to both, all others to one', async () => {
  const options = { numCommunities: 2, proposal: 'multiple', maxMemberships: 2, maxEpochs: 20 } as const;
  for (const seed of ['a', 'b', 'c', 'd']) {
    const { memberships, epochs } = await detectOn(oneThread, overlappingCliques, {
      ...options,
      seed,
      wtCoeff: 10,
      numStarts: 8,
      runAllEpochs: true,
    });
    const rows = Array.from({ length: 18 }, (_, v) => [...communitiesOf(memberships, v)]);
    const [low] = rows[0];
    assert.equal(
      rows,
      rows.map((_, v) => (v < 8 ? [low] : v > 9 ? [1 - low] : [0, 1])),
    );
    assert.is(epochs[epochs.length - 1].f1, 1);
  }
});

test('temperature schedule: 1 / (ratio^epoch · max), in place of the scale', () => {
  const scheduled = { ...plainDetection, temperature: { max: 100, ratio: 0.5 } };
  assert.is(acceptScale(plainDetection, 7), 0.5);
  assert.equal(
    [1, 2, 3].map((epoch) => acceptScale(scheduled, epoch)),
    [1 / 50, 1 / 25, 1 / 12.5],
  );
});

test('temperature schedule: all goes while it is hot, only gains once it is cold', async () => {
  const initial = singleMemberships(5, truth);
  const ratesAt = async (max: number) => {
    const temperature = { max, ratio: 1 };
    const options = { ...five, initial, maxEpochs: 1, temperature };
    return (await detectOn(oneThread, graph, options)).epochs[0];
  };
  const hot = await ratesAt(1e9);
  assert.is(hot.acceptRate, 1 - hot.sameProposalRate);
  const cold = await ratesAt(1e-9);
  assert.ok(cold.acceptRate < 0.05);
});

const badCombinations: Readonly<Record<string, Partial<DetectionOptions>>> = {
  'Hastings with several communities': { hastings: true, proposal: 'multiple' },
  'Hastings with pure random proposals': { hastings: true, proposal: 'pure-random' },
  'Hastings from an overlapping start': {
    hastings: true,
    initialisation: 'best-neighborhoods',
    maxMemberships: 2,
  },
  'Hastings from an overlapping start of one’s own': {
    hastings: true,
    initial: membershipsFromRows(4, [[0, 1], [], []]),
  },
  'Hogwild with several communities': { update: 'hogwild', proposal: 'fraction-of-neighbors' },
  'Hogwild from an overlapping start': {
    update: 'hogwild',
    initialisation: 'best-neighborhoods',
    maxMemberships: 2,
  },
  'pure random proposals of very many': { proposal: 'pure-random', numCommunities: 65 },
  'subsets of very many': { proposal: 'multiple', maxMemberships: 9 },
};

for (const [name, options] of Object.entries(badCombinations)) {
  test(`refused: ${name}`, async () => {
    try {
      await detectOn(oneThread, graphFromLists([[1], [0, 2], [1]]), options);
    } catch (error) {
      assert.instance(error, SimClustersError);
      assert.is((error as SimClustersError).code, 'BAD_PARAM');
      return;
    }
    assert.unreachable('accepted');
  });
}

test('accepted: Hastings and Hogwild from neighbourhoods of one community per vertex', async () => {
  const initialisation = 'best-neighborhoods';
  for (const options of [{ hastings: true }, { update: 'hogwild' }] as const)
    requireValidMemberships(
      (await detectOn(twoThreads, graph, { ...options, initialisation, maxEpochs: 2 })).memberships,
    );
});

const strange: Readonly<Record<string, Csr>> = {
  'no vertex': graphFromLists([]),
  'one vertex': graphFromLists([[]]),
  'isolated vertices': graphFromLists([[], [], [], []]),
  'isolated vertices with weights': { ...graphFromLists([[], [], []]), data: new Float32Array(0) },
  'fewer vertices than communities': graphFromLists([[1], [0]]),
};

for (const [name, tiny] of Object.entries(strange)) {
  test(`${name}: every mode ends, isolated vertices in no community`, async () => {
    for (const mode of modes) {
      const { memberships, epochs } = await detectOn(checked, tiny, {
        ...mode,
        numCommunities: 7,
        maxEpochs: 6,
        runAllEpochs: true,
        numStarts: 2,
      });
      requireValidMemberships(memberships);
      assert.is(epochs.length, 6);
      // Pure random proposals offer the empty row once in 2^7.
      if (tiny.indices.length > 0 || mode.proposal === 'pure-random') continue;
      assert.ok(
        memberships.rows.every((community) => community === 7),
        mode.proposal,
      );
    }
  });
}

test.run();

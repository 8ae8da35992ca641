import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SimClustersError } from '../../src/core/errors.ts';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { runPipeline, stagesFor } from '../../src/pipeline/pipeline.ts';
import { artifactNames, artifactTypes } from '../../src/stages/artifacts.ts';
import { stages } from '../../src/stages/index.ts';
import { defaultOf, presetNames, resolveParams } from '../../src/stages/params.ts';
import type { GivenParams } from '../../src/stages/stage.ts';
import { artifactHashes, newFolder } from '../e2e/cli.ts';

const root = newFolder();

function write(name: string, rows: readonly string[]): string {
  writeFileSync(join(root, name), `${rows.join('\n')}\n`);
  return join(root, name);
}

/** Graphs on which every stage must end well. */
const graphs: Readonly<Record<string, GivenParams>> = {
  'one edge': { follows: [write('one.tsv', ['a\tx'])] },
  'one consumer of many': { follows: [write('star.tsv', ['a\tx', 'a\ty', 'a\tz', 'a\tw'])] },
  'one producer of many': { follows: [write('hub.tsv', ['a\tx', 'b\tx', 'c\tx'])], minFollowers: 1 },
  'no two producers alike': { follows: [write('match.tsv', ['a\tx', 'b\ty', 'c\tz'])], minFollowers: 1 },
  'all inputs, all tiny': {
    follows: [write('tiny.tsv', ['a\tx', 'a\ty', 'b\tx', 'b\ty', 'c\tz'])],
    engagements: [
      write('favs.tsv', [
        '1600000000\ta\tx\tfav',
        '1600000100\tb\ty\tfav',
        '1600000200\tnobody\tx\tfav',
        '1600000300\ta\tx\tunfav',
      ]),
    ],
    topicFollows: [write('topics.tsv', ['a\tmusic', 'b\tmusic', 'nobody\tart'])],
    itemTopics: [write('item-topics.tsv', ['x\tmusic', 'unknown\tart'])],
    minFollowers: 1,
    minTopicFollowers: 1,
  },
  'more communities than producers': {
    follows: [join(root, 'tiny.tsv')],
    numCommunities: 50,
    minFollowers: 1,
  },
};

const onDemand = stages.filter(({ isOnDemand }) => isOnDemand).map(({ name }) => name);

for (const [name, given] of Object.entries(graphs)) {
  test(`${name}: every stage ends, twice with the same bytes, with the columns declared`, async () => {
    const folders = [newFolder(), newFolder()];
    for (const folder of folders)
      for (const target of [undefined, ...onDemand])
        await runPipeline({ folder, given, target, numThreads: 1 });
    assert.equal(artifactHashes(folders[0]), artifactHashes(folders[1]));
    const model = openModel(folders[0]);
    assert.is(model.manifest.status, 'complete');
    for (const artifact of artifactNames.filter((artifactName) => model.has(artifactName))) {
      const declared = Object.keys(artifactTypes[artifact].columns);
      for (const column of Object.keys(model.read(artifact).table.columns)) {
        assert.ok(declared.includes(column), `${artifact}.${column} is not declared`);
      }
    }
  });
}

test('an empty graph is refused by the first stage', async () => {
  const follows = [write('empty.tsv', [''])];
  const error = await runPipeline({ folder: newFolder(), given: { follows }, numThreads: 1 }).catch((e) => e);
  assert.is((error as SimClustersError).code, 'EMPTY_INPUT');
});

test('param names are unique over all stages, and every param explains itself', () => {
  const names = stages.flatMap((stage) => Object.keys(stage.params));
  assert.is(new Set(names).size, names.length);
  for (const stage of stages) {
    assert.ok(stage.summary.length > 10);
    for (const [name, spec] of Object.entries(stage.params)) assert.ok(spec.doc.length > 10, name);
  }
});

test('every default is in its own range, in every preset; values out of range are refused', () => {
  for (const { params } of stages) {
    for (const preset of presetNames) {
      const defaults = Object.entries(params)
        .map(([name, spec]) => [name, defaultOf(spec, preset)] as const)
        .filter(([, value]) => !Array.isArray(value));
      resolveParams(params, Object.fromEntries(defaults), preset);
    }
    for (const [name, spec] of Object.entries(params)) {
      const wrong =
        spec.type === 'integer' || spec.type === 'number'
          ? [spec.min - 1, Number.NaN, 'x']
          : spec.type === 'choice'
            ? ['none such']
            : [];
      for (const value of wrong) {
        try {
          resolveParams(params, { [name]: value }, 'small');
          assert.unreachable(`${name} took ${value}`);
        } catch (error) {
          assert.instance(error, SimClustersError);
          assert.is((error as SimClustersError).code, 'BAD_PARAM');
        }
      }
    }
  }
});

test('every artifact is written by exactly one stage, before any stage reads it', () => {
  const written = new Set<string>();
  for (const stage of stages) {
    for (const name of [...stage.reads, ...stage.readsIfPresent])
      assert.ok(written.has(name), `${stage.name} reads ${name}`);
    for (const name of stage.writes) {
      assert.not(written.has(name), `${name} is written twice`);
      written.add(name);
    }
  }
  assert.equal([...written].sort(), [...artifactNames].sort());
});

test('a target plans the stages it needs and no others', () => {
  assert.equal(
    stagesFor('known-for').map(({ name }) => name),
    ['follow-graph', 'engagement-graph', 'producer-similarity', 'previous-known-for', 'known-for'],
  );
  assert.equal(
    stagesFor().map(({ name }) => name),
    stages.map(({ name }) => name).filter((name) => !onDemand.includes(name)),
  );
});

test.run();

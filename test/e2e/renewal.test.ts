import { cpSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ChangeReport } from '../../src/communities/change-report.ts';
import { idStrings } from '../../src/core/ids.ts';
import type { Manifest } from '../../src/pipeline/manifest.ts';
import { openModel } from '../../src/pipeline/model-folder.ts';
import { idsOf, matrixOf } from '../../src/stages/stage.ts';
import { afterAWeek, type Follow, groupOf, plantFollows } from '../fixtures/planted-follows.ts';
import { artifactHashes, newFolder, type Outcome, simclusters, startSimclusters } from './cli.ts';

const root = newFolder();
const groups = Array.from({ length: 12 }, (_, i) => i);
const firstWeek = plantFollows('first', groups, 30, 80);
// Two newcomers to each group, and a group of newcomers alone.
const arrivals = [...plantFollows('more', groups, 2, 40, 'new'), ...plantFollows('group', [12], 30, 80)];
const secondWeek = afterAWeek('second', firstWeek, arrivals);
const thirdWeek = afterAWeek('third', secondWeek, []);

function write(name: string, follows: readonly Follow[]): string {
  writeFileSync(join(root, name), `${follows.map((follow) => follow.join('\t')).join('\n')}\n`);
  return join(root, name);
}

const weeks = [write('1.tsv', firstWeek), write('2.tsv', secondWeek), write('3.tsv', thirdWeek)];
const settings = ['--producers-per-community', '30', '--num-starts', '10', '--wt-coeff', '10'];

function run(model: string, week: number, ...more: string[]): Outcome {
  const outcome = simclusters(['run', '--follows', weeks[week - 1], '--model', model, ...settings, ...more]);
  assert.is(outcome.status, 0, outcome.stderr);
  return outcome;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
}

/** Cluster of each producer who has one. */
function clustersOf(folder: string): Map<string, number> {
  const artifact = openModel(folder).read('knownFor');
  const { indptr, indices } = matrixOf(artifact, 'clusterId');
  const ids = idStrings(idsOf(artifact, 'producerId'));
  return new Map(ids.flatMap((id, p) => (indptr[p + 1] > indptr[p] ? [[id, indices[indptr[p]]]] : [])));
}

const first = join(root, 'first');
run(first, 1);
const second = join(root, 'second');
const renewed = run(second, 2, '--previous', first);

test('producers who stay keep their cluster id; a group of newcomers gets a new one', () => {
  const before = clustersOf(first);
  const after = clustersOf(second);
  assert.ok(before.size > 340 && new Set(before.values()).size === 12, 'the first model has the groups');
  const staying = [...before].filter(([producer]) => after.has(producer));
  const kept = staying.filter(([producer, id]) => after.get(producer) === id);
  assert.ok(staying.length > 300);
  assert.ok(kept.length >= 0.95 * staying.length, `${kept.length} of ${staying.length}`);
  const newGroup = [...after].filter(([producer]) => groupOf(producer) === 12);
  assert.equal([...new Set(newGroup.map(([, id]) => id))], [13]);
  assert.ok(newGroup.length > 25);
});

test('several communities per producer: a first model and its renewal, with the prior for the old community or not', () => {
  const several = ['--proposal', 'multiple', '--max-memberships', '3', '--max-epochs', '2'];
  const model = join(root, 'several');
  run(model, 1, ...several);
  run(model, 2, ...several, '--previous', model);
  run(model, 3, '--previous', model);
  assert.ok((manifestOf(model).stages['known-for'].report as { change: ChangeReport }).change);
});

test('the changes are in the manifest, on the terminal and in the report', () => {
  const before = clustersOf(first);
  const after = clustersOf(second);
  const { change, renewal } = manifestOf(second).stages['known-for'].report as {
    change: ChangeReport;
    renewal: Record<string, unknown>;
  };
  const { producers, clusters } = change;
  const same = [...before].filter(([producer, id]) => after.get(producer) === id).length;
  assert.is(producers.same, same);
  assert.equal(clusters.newIds, [13]);
  assert.equal(renewal['newIds'], [13]);
  assert.equal([clusters.extinctIds, clusters.reusedIds], [[], []]);
  assert.ok(clusters.numCompared === 12 && clusters.cosine!.min > 0.8);
  const share = `${(100 * producers.shareSame!).toFixed(1)} %`;
  assert.ok(renewed.stdout.includes(`${share} of producers kept their community: ${same} the same`));
  assert.match(renewed.stdout, /\n {2}new ids: 13\n/);
  assert.match(renewed.stderr, /known-for: new cluster ids: 13/);
  const page = readFileSync(join(second, 'report.html'), 'utf8');
  assert.ok(page.includes(`<b>${share}</b>`));
  assert.match(page, /<caption>Most changed clusters<\/caption>/);
  assert.match(page, /<a href="#changes">/);
  assert.match(simclusters(['inspect', '--model', second]).stdout, /Changes since the previous model/);
  // The first model renews none.
  assert.not.match(readFileSync(join(first, 'report.html'), 'utf8'), /since the previous/);
  assert.not.ok(existsSync(join(first, 'previousKnownFor.parquet')));
});

test('renewed in place: the same bytes, and the same again; other threads, too', () => {
  const folder = join(root, 'in-place');
  cpSync(first, folder, { recursive: true });
  run(folder, 2, '--previous', folder, '--threads', '2');
  assert.equal(artifactHashes(folder), artifactHashes(second));
  const again = run(folder, 2, '--previous', folder);
  assert.match(again.stderr, /previous-known-for: up to date/);
  assert.match(again.stderr, /known-for: up to date[^\n]* kept/);
  assert.not.match(again.stderr, /started/);
  assert.match(again.stdout, /Changes since the previous model/);
  run(folder, 2, '--previous', folder, '--force');
  assert.equal(artifactHashes(folder), artifactHashes(second));
  // A param of the sampler: renewed again from what it was renewed from. The communities of the week do not pile up.
  run(folder, 2, '--previous', folder, '--max-epochs', '1');
  run(folder, 2, '--previous', folder);
  assert.equal(artifactHashes(folder), artifactHashes(second));
});

test('week after week in place: each goes on from the one before; a killed run from the same', async () => {
  const straight = join(root, 'third');
  run(straight, 3, '--previous', second);
  const folder = join(root, 'weekly');
  cpSync(second, folder, { recursive: true });
  for (const afterMs of [250, 400, 550]) {
    const child = startSimclusters([
      'run',
      '--follows',
      weeks[2],
      '--model',
      folder,
      '--previous',
      folder,
      ...settings,
    ]);
    await sleep(afterMs);
    child.kill('SIGKILL');
    await new Promise((resolve) =>
      child.exitCode === null && child.signalCode === null ? child.on('exit', resolve) : resolve(null),
    );
  }
  run(folder, 3, '--previous', folder);
  assert.equal(artifactHashes(folder), artifactHashes(straight));
  // As a run leaves the model that is killed while it samples: the communities renewed are those it kept.
  const { 'known-for': _, ...stages } = manifestOf(folder).stages;
  writeFileSync(join(folder, 'manifest.json'), JSON.stringify({ ...manifestOf(folder), stages }));
  run(folder, 3, '--previous', folder);
  assert.equal(artifactHashes(folder), artifactHashes(straight));
});

test('another previous model makes another model; where it lies does not count', () => {
  const folder = join(root, 'moved');
  cpSync(second, folder, { recursive: true });
  const elsewhere = join(root, 'elsewhere');
  renameSync(first, elsewhere);
  const moved = run(folder, 2, '--previous', elsewhere);
  renameSync(elsewhere, first);
  assert.not.match(moved.stderr, /started/);
  const other = run(folder, 2, '--previous', join(root, 'third'));
  assert.match(other.stderr, /known-for: started/);
  // Without --previous: from scratch.
  const fresh = run(folder, 2);
  assert.match(fresh.stderr, /previous-known-for: skipped \(no --previous\)/);
  assert.not.ok('change' in manifestOf(folder).stages['known-for'].report);
});

test('ids of communities: kept, asked for, or used again', () => {
  const folder = join(root, 'ids');
  cpSync(first, folder, { recursive: true });
  const renewal = (...flags: string[]) => {
    run(folder, 2, '--previous', first, ...flags);
    return manifestOf(folder).stages['known-for'].report as {
      numCommunities: number;
      change: ChangeReport;
      renewal: { newIds: number[]; reusedIds: number[] };
    };
  };
  assert.is(renewal('--grow-communities', 'keep').numCommunities, 12);
  assert.is(renewal('--num-communities', '5').numCommunities, 12);
  // One id dies out with its group. Its place is left empty unless ids may be used again.
  const without = write(
    'without.tsv',
    secondWeek.filter(([, producer]) => groupOf(producer) !== 3),
  );
  const extinct = clustersOf(first).get(
    [...clustersOf(first).keys()].find((id) => groupOf(id) === 3) as string,
  );
  weeks.push(without);
  const later = (...flags: string[]) => {
    run(folder, 4, '--previous', first, '--grow-communities', 'keep', ...flags);
    return manifestOf(folder).stages['known-for'].report as { change: ChangeReport };
  };
  assert.equal(later().change.clusters.extinctIds, [extinct]);
  const { reusedIds, extinctIds } = later('--reuse-ids').change.clusters;
  assert.equal([reusedIds, extinctIds], [[extinct], []]);
});

test('a folder that is no model, or has no communities, is told before anything is read', () => {
  const folder = join(root, 'none');
  const cases: [previous: string, says: RegExp][] = [
    [join(root, 'no-such'), /NO_MODEL[\s\S]*no-such[\s\S]*to do:/],
    [folder, /NO_MODEL[\s\S]*--previous[\s\S]*Leave out --previous/],
    [write('file.txt', []), /NO_MODEL[\s\S]*file\.txt/],
  ];
  for (const [previous, says] of cases) {
    const bad = simclusters(['run', '--follows', weeks[0], '--model', folder, '--previous', previous]);
    assert.is(bad.status, 66, bad.stderr);
    assert.match(bad.stderr, says);
    assert.not.match(bad.stderr, /follow-graph: started/);
  }
  const empty = simclusters(['run', '--model', folder, '--previous', '']);
  assert.is(empty.status, 64, empty.stderr);
  const unfinished = join(root, 'unfinished');
  assert.is(simclusters(['follow-graph', '--follows', weeks[0], '--model', unfinished]).status, 0);
  const without = simclusters(['run', '--follows', weeks[0], '--model', folder, '--previous', unfinished]);
  assert.match(without.stderr, /--previous names a model without knownFor/);
  const damaged = join(root, 'damaged');
  cpSync(first, damaged, { recursive: true });
  const bytes = readFileSync(join(damaged, 'knownFor.parquet'));
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(join(damaged, 'knownFor.parquet'), bytes);
  assert.is(simclusters(['run', '--follows', weeks[1], '--model', folder, '--previous', damaged]).status, 74);
});

test('the stage alone renews, too', () => {
  const folder = join(root, 'stage');
  const args = ['known-for', '--follows', weeks[1], '--model', folder, '--previous', first, ...settings];
  const alone = simclusters(args);
  assert.is(alone.status, 0, alone.stderr);
  assert.match(alone.stderr, /known-for: [^\n]*% kept/);
  assert.is(artifactHashes(folder)['knownFor.parquet'], artifactHashes(second)['knownFor.parquet']);
});

test.run();

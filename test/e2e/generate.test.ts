/** From planted graphs to files to their evaluation, by the built command line. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readEdges } from '../../src/io/edge-reader.ts';
import { newFolder, simclusters } from './cli.ts';

function generate(folder: string, ...args: string[]): void {
  const { status, stderr } = simclusters(['generate', ...args.map((arg) => arg.replace('@', `${folder}/`))]);
  assert.is(status, 0, stderr);
}

function evaluate(...args: string[]) {
  const { status, stdout, stderr } = simclusters(['evaluate', 'communities', '--json', ...args]);
  assert.is(status, 0, stderr);
  return JSON.parse(stdout);
}

test('a generated truth is evaluated as perfect, and its structure is the one asked for', () => {
  const folder = newFolder();
  const sizes = ['--num-vertices', '600', '--num-communities', '20', '--mixing', '0.3'];
  for (const graph of ['graph.metis', 'graph.tsv.gz']) {
    generate(folder, '--out', `@${graph}`, '--truth', '@truth.txt', ...sizes);
    const truth = join(folder, 'truth.txt');
    const files = ['--communities', truth, '--truth', truth, '--graph', join(folder, graph)];
    const { communities, agreement, structure } = evaluate(...files);
    assert.equal([communities.numCommunities, communities.numMembers], [20, 600]);
    assert.is(agreement.averageF1.f1, 1);
    assert.is(agreement.partition.ari, 1);
    assert.ok(Math.abs(structure.coverage - 0.7) < 0.03, `coverage ${structure.coverage}`);
    assert.ok(structure.modularity > 0.6, `modularity ${structure.modularity}`);
  }
});

test('merged communities are found out', () => {
  const folder = newFolder();
  generate(folder, '--out', '@g.metis', '--truth', '@truth.txt', '--num-vertices', '400', '--overlapping');
  const lines = readFileSync(join(folder, 'truth.txt'), 'utf8').trimEnd().split('\n');
  writeFileSync(
    join(folder, 'found.txt'),
    `# merged\n${lines[0]} ${lines[1]}\n${lines.slice(2).join('\n')}\n\n`,
  );
  const { communities, agreement } = evaluate(
    ...['--communities', join(folder, 'found.txt'), '--truth', join(folder, 'truth.txt')],
  );
  assert.is(communities.numEmpty, 1);
  assert.not.ok('partition' in agreement);
  assert.ok(agreement.averageF1.f1 > 0.9 && agreement.averageF1.f1 < 1);
  assert.ok(agreement.omega > 0.7 && agreement.omega < 1);
});

test('snapshots share most of their edges; the same seed gives the same bytes', async () => {
  const folders = [newFolder(), newFolder()];
  const flags = [
    '--num-vertices',
    '2000',
    '--weighted',
    '--snapshots',
    '2',
    '--change',
    '0.2',
    '--seed',
    'x',
  ];
  for (const folder of folders) generate(folder, '--out', '@g.metis.gz', '--truth', '@t.txt', ...flags);
  assert.equal(readdirSync(folders[0]).sort(), ['g-2.metis.gz', 'g.metis.gz', 't.txt']);
  for (const file of readdirSync(folders[0]))
    assert.equal(readFileSync(join(folders[0], file)), readFileSync(join(folders[1], file)), file);
  const edgesOf = async (file: string) => {
    const { consumers, producers, weights } = await readEdges({ files: [join(folders[0], file)] });
    assert.is(weights?.length, consumers.length);
    return new Set(Array.from(consumers, (u, e) => `${u} ${producers[e]}`));
  };
  const [first, second] = [await edgesOf('g.metis.gz'), await edgesOf('g-2.metis.gz')];
  const shared = [...second].filter((edge) => first.has(edge)).length / first.size;
  assert.ok(Math.abs(shared - 0.8) < 0.02, `${shared} shared`);
  const header = gunzipSync(readFileSync(join(folders[0], 'g.metis.gz')))
    .toString('latin1')
    .split('\n', 1)[0];
  assert.is(header, `2000 ${first.size / 2} 1`);
});

test('communities are held against earlier ones, line by line', () => {
  const folder = newFolder();
  const write = (name: string, lines: readonly string[]) => {
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
    return join(folder, name);
  };
  const letters = 'a b c d e f g h i j';
  const previous = write('previous.txt', [letters, 'k l m', 'n o']);
  const found = write('found.txt', [letters.replace('j', 'k'), 'l m j', '', 'p q']);
  const args = ['evaluate', 'communities', '--communities', found, '--previous', previous];
  const { change } = JSON.parse(simclusters([...args, '--json']).stdout);
  // a-i, l and m stayed; j and k changed places; n and o lost theirs; p and q are new.
  const { same, different, someToNone, noneToSome, shareSame } = change.producers;
  assert.equal([same, different, someToNone, noneToSome, shareSame], [11, 2, 2, 2, 11 / 15]);
  assert.equal([change.clusters.extinctIds, change.clusters.newIds], [[3], [4]]);
  assert.is(change.clusters.numCompared, 1);
  assert.ok(Math.abs(change.clusters.cosine.mean - 0.9) < 1e-12);
  assert.match(simclusters(args).stdout, /73\.3 % of producers kept their community: 11 the same, 2 another/);
});

test('what cannot be done is refused in words, and no file is left', () => {
  const folder = newFolder();
  const graph = join(folder, 'g.metis');
  for (const [flags, found] of [
    [['--mixing', '1'], '--mixing 1'],
    [['--min-size', '30', '--max-size', '20'], 'from 30 to 20'],
    [['--num-vertices', '100', '--num-communities', '3', '--max-size', '20'], '3 communities'],
    [['--truth', graph], 'both the graph and the communities'],
    [['--out', 'another'], '--out'],
  ] as const) {
    const { status, stderr } = simclusters(['generate', '--quiet', '--out', graph, ...flags]);
    assert.is(status, 64);
    assert.ok(stderr.includes('BAD_PARAM') && stderr.includes(found), stderr);
  }
  const toStdout = simclusters(['generate', '--out', '-']);
  assert.is(toStdout.status, 64);
  assert.match(toStdout.stderr, /\/dev\/stdout/);
  const alone = simclusters(['evaluate', 'communities', '--communities', 'x']);
  assert.is(alone.status, 64);
  assert.match(alone.stderr, /none of --truth, --previous and --graph/);
  writeFileSync(join(folder, 'strange.txt'), 'a b\n');
  writeFileSync(join(folder, 'edges.tsv'), '1\t2\n2\t3\n');
  const strange = simclusters(
    ['evaluate', 'communities', '--communities', join(folder, 'strange.txt')].concat([
      '--graph',
      join(folder, 'edges.tsv'),
    ]),
  );
  assert.is(strange.status, 66);
  assert.match(strange.stderr, /UNKNOWN_ID[\s\S]*2 members, none of them/);
  assert.equal(readdirSync(folder).sort(), ['edges.tsv', 'strange.txt']);
});

test.run();

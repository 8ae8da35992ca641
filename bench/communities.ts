/**
 * Community detection: speed, scale, quality and renewal in one table.
 *   npm run bench:communities [-- --only speed,scale --com-dblp FILE --com-dblp-truth FILE --gowalla FILE --python python3 --sbf JAR]
 * Writes bench/COMMUNITIES.md. Graphs are planted, or read from files where given; peers run where they are installed,
 * sbf where its jar is given (communities/sbf.ts says where to get one).
 */
import { membersOf } from '../src/core/memberships.ts';
import { averageF1 } from '../src/evaluate/average-f1.ts';
import { openKernels } from '../src/kernels/open.ts';
import { planted, readSimilarity, readWithTruth } from './communities/graphs.ts';
import { compareLabelled } from './communities/labelled.ts';
import {
  compareGrowth,
  compareOverlapping,
  comparePlanted,
  compareRenewal,
  compareUpdates,
  edgeF1,
  find,
} from './communities/quality.ts';
import { compareScale } from './communities/scale.ts';
import { compareSpeed } from './communities/speed.ts';
import { benchFlags, Page } from './page.ts';
import { percent, table } from './table.ts';

const parts = ['speed', 'updates', 'scale', 'dblp', 'gowalla', 'planted', 'renewal', 'labelled'] as const;

const args = await benchFlags(parts)
  .option('sizes', {
    type: 'string',
    default: '20000,200000,2000000',
    describe: 'Vertices of the scale part, degree 50',
  })
  .option('memory', { type: 'string', default: '512MB', describe: 'Allowed with edges on disk' })
  .option('com-dblp', { type: 'string', describe: 'Edge list of com-DBLP (SNAP)' })
  .option('com-dblp-truth', { type: 'string', describe: 'Its top 5,000 communities' })
  .option('gowalla', { type: 'string', describe: 'Training lists of Gowalla (LightGCN)' })
  .option('small-graphs', { type: 'string', describe: 'Folder of GML files with true communities' })
  .option('email', { type: 'string', describe: 'email-Eu-core (SNAP): EDGES,LABELS' })
  .option('ego-twitter', { type: 'string', describe: 'ego-Twitter (SNAP): EDGES,CIRCLES' })
  .option('python', { type: 'string', default: 'python3', describe: 'A Python with igraph, as peer' })
  .option('sbf', { type: 'string', describe: 'Jar or class path of twitter/sbf, as peer' })
  .parseAsync();

const wanted = new Set(args.only.split(','));
const speed = { numRounds: args.rounds, sbf: args.sbf };
const page = new Page('COMMUNITIES.md', 'Community detection', 'bench:communities');
const add = page.add.bind(page);

if (wanted.has('speed') || wanted.has('updates')) {
  const graph = await planted(200_000);
  const settings = { numCommunities: 2000, wtCoeff: 10 };
  if (wanted.has('speed'))
    add('Speed of a sweep, planted', await compareSpeed(graph, { ...settings, ...speed, withTwin: true }));
  if (wanted.has('updates'))
    add('Ways to update, planted, after 5 epochs', await compareUpdates(graph, settings));
}
if (wanted.has('scale'))
  add('Cost against edges', compareScale(args.sizes.split(',').map(Number), args.memory));
if (wanted.has('dblp') && args.comDblp) {
  const { graph, truth } = await readWithTruth(args.comDblp, args.comDblpTruth);
  const settings = { numCommunities: 3170, wtCoeff: 10 };
  // sbf: .6 to 1.4 s an epoch on a machine like ours.
  add('com-DBLP, speed', await compareSpeed(graph, { ...settings, ...speed, referenceSeconds: 1 }));
  const rows = await edgeF1(graph, settings, ['1', '2', '3']);
  add(
    'com-DBLP, k = 3170, α = 10, 5 epochs (sbf: edge F1 28.9 %, 24 % of vertices)',
    table(['seed', 'edge F1', 'weighted F1', 'vertices with a community'], rows),
  );
  add('com-DBLP, growth against Leiden', await compareGrowth(graph, [0.05, 0.2], args.python, args.rounds));
  if (truth) {
    const kernels = openKernels();
    const quality = [];
    for (const gamma of [0.05, 0.2]) {
      const { memberships, metrics } = await find(kernels, graph, {
        numCommunities: 1,
        wtCoeff: 1 / gamma - 1,
        growth: true,
        maxEpochs: 2,
      });
      const { truthToFound } = averageF1(membersOf(memberships), truth, graph.numRows);
      quality.push([gamma, percent(metrics.f1), truthToFound.toFixed(3)]);
    }
    await kernels.close();
    add(
      'com-DBLP, growth: edges and truth (Leiden: 43.2 % and .624, 60.0 % and .743)',
      table(['γ', 'edge F1', 'mean best F1 of the true communities'], quality),
    );
  }
}
if (wanted.has('gowalla') && args.gowalla) {
  const graph = await readSimilarity(args.gowalla);
  const settings = { numCommunities: 400, wtCoeff: 10 };
  const unit = { ...graph, data: undefined };
  // sbf: 4.5 to 7.9 s an epoch on a machine like ours.
  add(
    'Gowalla similarity, speed, weighted as sbf',
    await compareSpeed(graph, { ...settings, ...speed, referenceSeconds: 6 }),
  );
  add('Gowalla similarity, speed, unit weights', await compareSpeed(unit, { ...settings, ...speed }));
  const rows = [];
  for (const unitWeights of [false, true]) {
    const found = await edgeF1(graph, { ...settings, unitWeights }, ['1', '2', '3']);
    rows.push(...found.map((row) => [unitWeights ? 'unit' : 'similarity', ...row]));
  }
  add(
    'Gowalla, k = 400, α = 10, 5 epochs, one start (sbf: edge F1 33.6 %, weighted 38.9 %)',
    table(['weights', 'seed', 'edge F1', 'weighted F1', 'vertices with a community'], rows),
  );
}
if (wanted.has('planted')) {
  add('Planted disjoint communities: average F1 to the truth', await comparePlanted(args.python));
  add('Planted overlapping communities: average F1 to the truth', await compareOverlapping());
}
if (wanted.has('renewal')) add('Renewal: planted, 20,000 vertices', await compareRenewal());
if (wanted.has('labelled')) {
  const pair = (files: string | undefined) => files?.split(',') as [string, string] | undefined;
  const { smallGraphs } = args;
  const files = { smallGraphs, email: pair(args.email), egoTwitter: pair(args.egoTwitter) };
  add('Graphs with known communities', await compareLabelled(files, args.python));
}

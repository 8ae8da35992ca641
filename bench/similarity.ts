/**
 * Producer similarity: speed of the exact product against other programs, WHIMP against it, cost against edges, memory.
 *   npm run bench:similarity [-- --only speed,sampling --gowalla FILE --ego-twitter FILE --python python3 --peers FOLDER]
 * Writes bench/SIMILARITY.md and the plots beside it. 100 M edges take minutes and are run when asked for, with --sizes and
 * --hub-edges.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { benchFlags, Page } from './page.ts';
import { plot } from './plot.ts';
import { drawFollows, readLists } from './similarity/graphs.ts';
import { compareMemory } from './similarity/memory.ts';
import { compareSampling } from './similarity/sampled.ts';
import { compareScale } from './similarity/scale.ts';
import { compareSketches } from './similarity/sketches.ts';
import { compareSpeed } from './similarity/speed.ts';

const parts = ['speed', 'sampling', 'memory', 'scale', 'sketches'] as const;
/** Graphs of more follows are measured once. */
const MANY_EDGES = 3e7;

const args = await benchFlags(parts)
  .option('gowalla', {
    type: 'string',
    describe: 'Training lists of Gowalla (LightGCN); else 1 M drawn follows',
  })
  .option('ego-twitter', { type: 'string', describe: 'Edge list of ego-Twitter (SNAP)' })
  .option('python', { type: 'string', default: 'python3', describe: 'A Python with SciPy, as peer' })
  .option('peers', { type: 'string', describe: 'Folder with ml-sparse-matrix and mathjs installed' })
  .option('reference-seconds', { type: 'number', describe: 'What the projection of sbf takes on the graph' })
  .option('hub-edges', { type: 'number', default: 1e7, describe: 'Edges of the graph of hubs' })
  .option('sizes', { type: 'string', default: '1e6,3e6,1e7', describe: 'Edges of the scale part' })
  .option('memory', { type: 'string', default: '256MB', describe: 'Allowed in the memory part' })
  .option('scale-memory', { type: 'string', describe: 'Allowed in a second run of each size' })
  .parseAsync();

const wanted = new Set(args.only.split(','));
const page = new Page('SIMILARITY.md', 'Producer similarity', 'bench:similarity');

function draw(name: string, svg: string): string {
  writeFileSync(fileURLToPath(new URL(name, import.meta.url)), svg);
  return `![${name}](${name})`;
}

if (wanted.has('speed')) {
  const graph = args.gowalla ? await readLists(args.gowalla) : drawFollows(1e6);
  const options = {
    threshold: 0.02,
    topK: 100,
    numRounds: args.rounds,
    python: args.python,
    peers: args.peers,
    referenceSeconds: args.referenceSeconds,
  };
  page.add(args.gowalla ? 'Speed, Gowalla' : 'Speed, drawn follows', await compareSpeed(graph, options));
}
if (wanted.has('sampling')) {
  const graphs = [
    ...(args.egoTwitter ? [{ name: 'ego-Twitter', graph: `edges:${args.egoTwitter}`, numRounds: 3 }] : []),
    { name: 'hubs', graph: `hubs:${args.hubEdges}`, numRounds: args.hubEdges > MANY_EDGES ? 1 : 3 },
  ];
  for (const { name, graph, numRounds } of graphs) {
    const { text, curve } = compareSampling(graph, numRounds);
    const points = curve.map(({ run }) => [run.seconds, run.agreement?.recall ?? 0] as const);
    const axes = { title: `${name}: recall against time, τ = 0.2`, x: 'seconds', y: 'recall' };
    const picture = draw(`similarity-recall-${name.toLowerCase()}.svg`, plot([{ name, points }], axes));
    const title = name === 'hubs' ? 'Sampling, a graph of hubs' : `Sampling, ${name}`;
    page.add(title, `${graphFacts(curve[0].run, numRounds)}\n\n${text}\n\n${picture}`);
  }
}
if (wanted.has('memory')) page.add(`Memory, ${args.memory} allowed`, compareMemory(args.memory));
if (wanted.has('scale')) {
  const sizes = args.sizes.split(',').map(Number);
  const { text, svg } = compareScale(sizes, 0.2, 100, args.scaleMemory);
  page.add('Cost against edges', `${text}\n\n${draw('similarity-cost.svg', svg)}`);
}
if (wanted.has('sketches')) page.add('Sketches', await compareSketches(args.rounds));

function graphFacts(
  run: { numEdges: number; numProducers: number; maxFollowers: number; multiplyAdds: number },
  numRounds: number,
): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const rounds = numRounds === 1 ? 'one run each' : `medians of ${numRounds} rounds in turn`;
  return `${count(run.numEdges)} follows, ${count(run.numProducers)} producers, ${count(run.maxFollowers)} followers at the most, ${run.multiplyAdds.toExponential(2)} exact wedges; recall asked for .95, all threads, ${rounds}. Times include the transpose, weights and plan; peak memory the making of the graph.`;
}

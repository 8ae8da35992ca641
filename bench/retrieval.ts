/**
 * Retrieval: recall beside latency, against JavaScript, against dense nearest-neighbour packages, at the edge.
 *   npm run bench:retrieval [-- --only curve,twins,gowalla,peers,edge --items 1e6 --gowalla FILE --peers FOLDER]
 * Writes bench/RETRIEVAL.md; with --only, the named parts of it. Each source is asked as often as there are rounds.
 */
import { openKernels } from '../src/kernels/open.ts';
import { benchFlags, Page } from './page.ts';
import { compareCurve } from './retrieval/curve.ts';
import { compareEdge } from './retrieval/edge.ts';
import { comparePeers } from './retrieval/peers.ts';
import { CHOSEN_ON, drawStream, gowalla } from './retrieval/spaces.ts';
import { compareTwins } from './retrieval/speed.ts';

const titles = {
  curve: 'Recall and latency, drawn stream',
  twins: 'Against JavaScript',
  gowalla: 'Recall and latency, Gowalla',
  peers: 'Against dense nearest neighbours',
  edge: 'At the edge',
} as const;
type Part = keyof typeof titles;
const parts = Object.keys(titles) as Part[];

const args = await benchFlags(parts)
  .option('items', { type: 'number', default: 1e6, describe: 'Items of the drawn stream' })
  .option('queries', { type: 'number', default: 200, describe: 'Sources of each kind' })
  .option('seed', {
    type: 'string',
    default: 'held out',
    describe: `Of what is drawn; the default setting was chosen on "${CHOSEN_ON}"`,
  })
  .option('gowalla', { type: 'string', describe: 'Training lists of Gowalla (LightGCN)' })
  .option('peers', { type: 'string', describe: 'Folder with hnswlib-node and usearch installed' })
  .parseAsync();

const wanted = new Set(args.only.split(','));
const page = new Page(
  'RETRIEVAL.md',
  'Retrieval',
  'bench:retrieval',
  `quantiles by the clock hold the turns of others, most of all at 99 %; those of CPU time do not. Streams, communities and users are drawn with the seed "${args.seed}"; the default setting, 20 × 800, was chosen on "${CHOSEN_ON}"`,
);

const kernels = openKernels();
const stream =
  wanted.has('curve') || wanted.has('twins')
    ? await drawStream(kernels, args.items, args.queries, args.seed)
    : undefined;
const places = args.gowalla ? await gowalla(args.gowalla, args.queries, args.seed) : undefined;
const run: Readonly<Record<Part, () => Promise<string | undefined>>> = {
  curve: async () => stream && compareCurve(kernels, stream, args.rounds),
  twins: async () => stream && compareTwins(kernels, stream, args.rounds),
  gowalla: async () => places && compareCurve(kernels, places, args.rounds),
  peers: async () =>
    places && args.peers ? comparePeers(kernels, places, args.peers, args.rounds) : undefined,
  edge: () => compareEdge(kernels),
};
for (const part of parts.filter((name) => wanted.has(name))) {
  const text = await run[part]();
  if (text) page.add(titles[part], text);
  else
    console.log(
      `${part} is left out: it wants ${part === 'gowalla' ? '--gowalla' : '--gowalla and --peers'}`,
    );
}
await kernels.close();
process.exit();

/**
 * Retrieval: recall beside latency, against JavaScript, against dense nearest-neighbour packages, at the edge.
 *   npm run bench:retrieval [-- --only curve,twins,gowalla,peers,edge --items 1e6 --gowalla FILE --peers FOLDER]
 * Writes bench/RETRIEVAL.md; with --only, the named parts of it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { openKernels } from '../src/kernels/open.ts';
import { compareCurve } from './retrieval/curve.ts';
import { compareEdge } from './retrieval/edge.ts';
import { comparePeers } from './retrieval/peers.ts';
import { drawStream, gowalla } from './retrieval/spaces.ts';
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

const args = await yargs(hideBin(process.argv))
  .option('only', { type: 'string', default: parts.join(','), describe: `Parts, of ${parts.join(',')}` })
  .option('items', { type: 'number', default: 1e6, describe: 'Items of the drawn stream' })
  .option('queries', { type: 'number', default: 200, describe: 'Sources of each kind' })
  .option('rounds', { type: 'number', default: 5, describe: 'Times each source is asked' })
  .option('gowalla', { type: 'string', describe: 'Training lists of Gowalla (LightGCN)' })
  .option('peers', { type: 'string', describe: 'Folder with hnswlib-node and usearch installed' })
  .parseAsync();

const wanted = new Set(args.only.split(','));
const page = fileURLToPath(new URL('RETRIEVAL.md', import.meta.url));
const sections = new Map<string, string>();
if (existsSync(page)) {
  for (const section of readFileSync(page, 'utf8').split(/^## /m).slice(1)) {
    const title = section.slice(0, section.indexOf('\n'));
    sections.set(title, section.slice(title.length).trim());
  }
}

const kernels = openKernels();
const stream =
  wanted.has('curve') || wanted.has('twins')
    ? await drawStream(kernels, args.items, args.queries)
    : undefined;
const places = args.gowalla ? await gowalla(args.gowalla, args.queries) : undefined;
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
  if (text === undefined)
    console.log(
      `${part} is left out: it wants ${part === 'gowalla' ? '--gowalla' : '--gowalla and --peers'}`,
    );
  else sections.set(titles[part], text);
  if (text) console.log(`\n## ${titles[part]}\n\n${text}`);
}
await kernels.close();

const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
const head = `# Retrieval, measured

\`npm run bench:retrieval\` writes this page (\`-- --only PART\` renews a part). ${machine}. The machine is shared: quantiles by the clock hold
the turns of others, most of all at 99 %; those of CPU time do not.
`;
const body = parts.flatMap((part) => {
  const text = sections.get(titles[part]);
  return text === undefined ? [] : `## ${titles[part]}\n\n${text}\n`;
});
writeFileSync(page, `${head}\n${body.join('\n')}`);
process.exit();

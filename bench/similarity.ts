/**
 * Producer similarity, exactly: speed against other programs, cost against edges, a bound on memory.
 *   npm run bench:similarity [-- --only speed,scale --gowalla FILE --python python3 --peers FOLDER --sizes 1e6,1e7,1e8]
 * Writes bench/SIMILARITY.md when all parts ran. 100 M edges take minutes and are run when asked for with --sizes.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import yargs from 'yargs';
import { hideBin } from 'yargs/helpers';
import { drawFollows, readLists } from './similarity/graphs.ts';
import { compareScale } from './similarity/scale.ts';
import { compareSpeed } from './similarity/speed.ts';

const parts = ['speed', 'scale'] as const;

const args = await yargs(hideBin(process.argv))
  .option('only', { type: 'string', default: parts.join(','), describe: `Parts, of ${parts.join(',')}` })
  .option('rounds', { type: 'number', default: 5, describe: 'Interleaved rounds' })
  .option('gowalla', {
    type: 'string',
    describe: 'Training lists of Gowalla (LightGCN); else 1 M drawn follows',
  })
  .option('python', { type: 'string', default: 'python3', describe: 'A Python with SciPy, as peer' })
  .option('peers', { type: 'string', describe: 'Folder with ml-sparse-matrix and mathjs installed' })
  .option('reference-seconds', { type: 'number', describe: 'What the projection of sbf takes on the graph' })
  .option('sizes', { type: 'string', default: '1e6,3e6,1e7', describe: 'Edges of the scale part' })
  .option('memory', { type: 'string', default: '512MB', describe: 'Allowed in the second run of each size' })
  .parseAsync();

const wanted = new Set(args.only.split(','));
const sections: string[] = [];
function add(title: string, text: string): void {
  sections.push(`## ${title}\n\n${text}\n`);
  console.log(`\n## ${title}\n\n${text}`);
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
  add(args.gowalla ? 'Speed, Gowalla' : 'Speed, drawn follows', await compareSpeed(graph, options));
}
if (wanted.has('scale'))
  add('Cost against edges', compareScale(args.sizes.split(',').map(Number), 0.1, 100, args.memory));

const machine = `${cpus()[0]?.model.trim()}, ${availableParallelism()} cores, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
const head = `# Producer similarity, measured\n\n\`npm run bench:similarity\` writes this page. ${machine}. The machine is shared: read ratios, not times.\n`;
if (parts.every((part) => wanted.has(part)))
  writeFileSync(fileURLToPath(new URL('SIMILARITY.md', import.meta.url)), `${head}\n${sections.join('\n')}`);

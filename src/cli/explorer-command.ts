/** `simclusters explorer`: the explorer of a model as one file. */
import type { CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import { atlasOf } from '../explorer/atlas.ts';
import { explorerPage } from '../explorer/page.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { writeToStream } from '../io/stream-output.ts';
import { loadServingModel } from '../serve/load-serving-model.ts';

interface ExplorerArgs {
  readonly model: string;
  readonly out: string;
  readonly maxEntities: number;
}

const MOST_ENTITIES = 100_000;

export const explorerCommand: CommandModule = {
  command: 'explorer',
  describe: 'Write a page to look around in a model: map, search, neighbours and why (serve has it at /)',
  builder: (command) =>
    command
      .option('model', {
        alias: 'm',
        type: 'string',
        default: 'model',
        requiresArg: true,
        describe: 'Model folder',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        default: 'explorer.html',
        requiresArg: true,
        describe: 'File to write, whole or not at all; -: standard output',
      })
      .option('max-entities', {
        type: 'number',
        default: 3000,
        requiresArg: true,
        describe: `Producers and items in the page, the best of each community first [0 to ${MOST_ENTITIES}]`,
      })
      .example([['$0 explorer --model model', 'explorer.html, which needs no server']]),
  handler: (parsed) => runExplorer(parsed as unknown as ExplorerArgs),
};

async function runExplorer({ model: folder, out, maxEntities }: ExplorerArgs): Promise<void> {
  if (!Number.isInteger(maxEntities) || maxEntities < 0 || maxEntities > MOST_ENTITIES) {
    throw new SimClustersError('BAD_PARAM', {
      got: `--max-entities ${maxEntities}`,
      expected: `a whole number from 0 to ${MOST_ENTITIES}`,
      todo: 'See `simclusters explorer --help`',
    });
  }
  const { model, close } = await loadServingModel(folder, {}, { numThreads: 1 });
  try {
    const page = Buffer.from(await explorerPage(model.modelVersion, atlasOf(model, maxEntities)));
    if (out === '-') await writeToStream(process.stdout, 'standard output', [page]);
    else await writeFileAtomically(out, [page]);
  } finally {
    await close();
  }
}

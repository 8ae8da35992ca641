/** `simclusters export`: an artifact for other programs, as text or Parquet, or for retrieval at the edge. */
import { closeSync, openSync, readSync } from 'node:fs';
import { basename, dirname, extname, join, resolve } from 'node:path';
import type { CommandModule } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import type { Table } from '../core/table.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { type ExportTable, exportTable, longTable, type Reference } from '../io/export-table.ts';
import { encodeTable } from '../io/parquet-writer.ts';
import { writeToStream } from '../io/stream-output.ts';
import { ndjsonPieces, tsvPieces } from '../io/table-text.ts';
import { type ModelReader, openModel, outputsOf } from '../pipeline/model-folder.ts';
import { type ArtifactName, artifactNames } from '../stages/artifacts.ts';
import { idsOf } from '../stages/stage.ts';
import { edgePieces } from './export-edge.ts';

export const tableFormats = ['tsv', 'ndjson', 'parquet'] as const;
export type TableFormat = (typeof tableFormats)[number];
const exportFormats = [...tableFormats, 'edge'] as const;
type ExportFormat = (typeof exportFormats)[number];

/** Whose rows the index columns count, and the column of ids there. */
const references: Readonly<Record<string, readonly [ArtifactName, string]>> = {
  producerIndex: ['producers', 'producerId'],
  authorProducerIndex: ['producers', 'producerId'],
  neighborIndex: ['producerSimilarity', 'producerId'],
  consumerIndex: ['followGraph', 'consumerId'],
  itemIndex: ['items', 'itemId'],
  topicIndex: ['topicEmbedding', 'topicId'],
};

/** Bytes read at once when a file is copied. */
const copyBytes = 1 << 20;

export interface ExportOptions {
  readonly format: TableFormat;
  /** Keeps indices as they are; with parquet, the file as it is. */
  readonly raw: boolean;
}

/**
 * The bytes of an exported artifact, piece by piece; text is made as it is taken.
 * @throws SimClustersError BAD_PARAM for a name that is no artifact's, NO_MODEL when the model is without it,
 * BAD_ARTIFACT when it is damaged or does not fit those it refers to
 */
export function exportPieces(
  model: ModelReader,
  artifact: string,
  { format, raw }: ExportOptions,
): Iterable<Uint8Array> {
  const name = requireArtifact(model, artifact);
  const { table } = model.read(name);
  if (format === 'parquet' && raw) return filePieces(artifactFile(model, name));
  const rows = raw ? exportTable(table) : exportTable(table, resolver(model, name, table));
  return encoders[format](rows, name);
}

const encoders: Readonly<Record<TableFormat, (rows: ExportTable, name: string) => Iterable<Uint8Array>>> = {
  tsv: tsvPieces,
  ndjson: ndjsonPieces,
  parquet: (rows, name) => encodeTable(longTable(rows), { 'simclusters.exportOf': name }),
};

/** Resolves the index columns of one artifact. */
function resolver(model: ModelReader, name: ArtifactName, table: Table) {
  return (columnName: string): Reference | undefined => {
    const reference = references[columnName];
    if (!reference) return undefined;
    const [artifact, idColumn] = reference;
    const target = artifact === name ? { table, attributes: {} } : model.read(artifact);
    return { name: columnName.replace(/Index$/, 'Id'), ids: idsOf(target, idColumn) };
  };
}

function requireArtifact(model: ModelReader, artifact: string): ArtifactName {
  const name = artifactNames.find((known) => known === artifact);
  if (name && model.has(name)) return name;
  const expected = `one of ${artifactNames.filter((known) => model.has(known)).join(', ')}`;
  if (!name) {
    const todo = 'Give the name of an artifact of this model';
    throw new SimClustersError('BAD_PARAM', { got: `artifact ${artifact}`, expected, todo });
  }
  const todo = 'Run the stages that make it, with the inputs they need (see `simclusters run --help`)';
  throw new SimClustersError('NO_MODEL', {
    file: model.folder,
    got: `a model without ${name}`,
    expected,
    todo,
  });
}

function artifactFile(model: ModelReader, name: ArtifactName): string {
  return join(model.folder, outputsOf(model.manifest).get(name)!.file);
}

function* filePieces(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const piece = new Uint8Array(copyBytes);
      const length = readSync(file, piece);
      if (length === 0) return;
      yield piece.subarray(0, length);
    }
  } finally {
    closeSync(file);
  }
}

interface ExportArgs {
  readonly artifact: string;
  readonly model: string;
  readonly format?: ExportFormat;
  readonly out: string;
  readonly raw: boolean;
  readonly itemsPerCluster: number;
  readonly scale: 'unit' | 'raw';
  readonly vectors: boolean;
}

export const exportCommand: CommandModule = {
  command: 'export <artifact>',
  describe:
    'Write an artifact of a model as tab-separated text, JSON lines, Parquet, or compactly for retrieval at the edge',
  builder: (command) =>
    command
      .positional('artifact', { type: 'string', describe: 'Artifact, for example interestedIn' })
      .option('model', {
        alias: 'm',
        type: 'string',
        default: 'model',
        requiresArg: true,
        describe: 'Model folder',
      })
      .option('format', {
        alias: 'f',
        choices: exportFormats,
        describe: 'Unset: by the ending of --out, else tsv',
      })
      .option('out', {
        alias: 'o',
        type: 'string',
        default: '-',
        requiresArg: true,
        describe: 'File to write, whole or not at all; -: standard output',
      })
      .option('raw', {
        type: 'boolean',
        default: false,
        describe: 'Keep row numbers instead of ids; parquet: copy the file as it is',
      })
      .option('items-per-cluster', {
        type: 'number',
        default: 1600,
        requiresArg: true,
        describe: 'edge: items kept per cluster, the best',
      })
      .option('scale', {
        choices: ['unit', 'raw'] as const,
        default: 'unit',
        describe: 'edge: unit ranks the items of a cluster by cosine, raw by score',
      })
      .option('vectors', {
        type: 'boolean',
        default: true,
        describe: 'edge: keep whole vectors, for items as sources and exact scores',
      })
      .example([
        ['$0 export knownFor | head', 'the communities of producers, a line each'],
        ['$0 export interestedIn --out interests.ndjson', 'an object per consumer'],
        ['$0 export tweetEmbedding --out items.edge', 'for simclusters/edge'],
        ['$0 export clusterToProducers --out top.parquet', 'a row per cluster and producer, with ids'],
      ]),
  handler: (parsed) => runExport(parsed as unknown as ExportArgs),
};

async function runExport(args: ExportArgs): Promise<void> {
  const { model: folder, artifact, raw, out } = args;
  const format = args.format ?? formatOf(out);
  if (out === '-') refuseTerminal(format);
  else refuseModelFile(folder, out);
  const model = openModel(folder);
  const pieces =
    format === 'edge'
      ? await edgePieces(model, artifact, args)
      : exportPieces(model, artifact, { format, raw });
  if (out === '-') await writeToStream(process.stdout, 'standard output', pieces);
  else await writeFileAtomically(out, pieces);
}

function formatOf(out: string): ExportFormat {
  const ending = extname(out).slice(1).toLowerCase();
  return exportFormats.find((format) => format === ending) ?? (ending === 'jsonl' ? 'ndjson' : 'tsv');
}

function refuseTerminal(format: ExportFormat): void {
  if ((format !== 'parquet' && format !== 'edge') || !process.stdout.isTTY) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `--format ${format} to a terminal`,
    expected: 'a file or a pipe: the format is binary',
    todo: 'Name a file with --out',
  });
}

/** An export is never an artifact, so it must not take the place of one. */
function refuseModelFile(folder: string, out: string): void {
  const isInModel = resolve(dirname(out)) === resolve(folder);
  if (!isInModel || !artifactNames.some((name) => basename(out) === `${name}.parquet`)) return;
  throw new SimClustersError('BAD_PARAM', {
    got: `--out ${out}`,
    expected: 'a file that is not part of the model',
    todo: 'Write to another folder',
  });
}

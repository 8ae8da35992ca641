/**
 * A stage: named artifacts in, named artifacts out, params in between. The pipeline plans and runs stages, the command
 * line offers each as a command, the manifest records them; all of it from this one declaration.
 */

import type { Csr } from '../core/csr.ts';
import type { EdgePart, EdgeStore, OpenEdgeStore } from '../core/edge-store.ts';
import { SimClustersError } from '../core/errors.ts';
import { type IdTable, idColumn, idTableFromColumn } from '../core/ids.ts';
import type { StoredCsr } from '../core/stored-csr.ts';
import type { Column, ListColumn, StoredListColumn, Table, WritableTable } from '../core/table.ts';
import type { InputReport } from '../io/edge-input.ts';
import type { Kernels } from '../kernels/kernels.ts';
import type { ArtifactName } from './artifacts.ts';
import type { ParamSpec, ParamsOf, ParamValue } from './params.ts';

/** An artifact in memory: a table with a few named facts, such as the number of columns of a matrix. */
export interface Artifact {
  readonly table: Table;
  readonly attributes: Readonly<Record<string, string>>;
}

/** An artifact of which only what tells its shape is in memory. It is written, released, and then read like any other. */
export interface StoredArtifact {
  readonly table: WritableTable;
  readonly attributes: Readonly<Record<string, string>>;
  /** Gives back the disk that it was made on. */
  readonly release: () => Promise<void>;
}

/** What a stage tells about its run besides artifacts; goes into the manifest and the report. */
export type StageReport = Readonly<Record<string, unknown>>;

export interface StageContext {
  readonly kernels: Kernels;
  /** Root of all randomness. */
  readonly seed: string;
  /** Artifacts of other models, by the param that names the model (see TextSpec.modelArtifact). */
  readonly imported: Readonly<Record<string, Artifact>>;
  /** Share of the stage that is done, 0 to 1. */
  readonly onProgress: (fraction: number) => void;
  /** One line for the person who watches. */
  readonly log: (line: string) => void;
  /** Bytes the process may take, and where to put what does not fit; absent: no bound. No result depends on it. */
  readonly memory?: { readonly bytes: number; readonly openStore: OpenEdgeStore };
}

export type Artifacts = Readonly<Partial<Record<ArtifactName, Artifact>>>;

export interface StageResult {
  readonly artifacts: Artifacts;
  /** Those that are on disk, for want of memory. */
  readonly stored?: Readonly<Partial<Record<ArtifactName, StoredArtifact>>>;
  readonly report: StageReport;
}

export interface Stage<P extends Readonly<Record<string, ParamSpec>> = Readonly<Record<string, ParamSpec>>> {
  readonly name: string;
  /** One line: what it does. */
  readonly summary: string;
  readonly reads: readonly ArtifactName[];
  /** Read when they are there; their absence is no error. */
  readonly readsIfPresent: readonly ArtifactName[];
  readonly writes: readonly ArtifactName[];
  /** Is this artifact of no account under these params? Then a change of it does not make the outputs stale. */
  readonly ignores: (artifact: ArtifactName, params: ParamsOf<P>) => boolean;
  readonly params: P;
  /** Runs when it is asked for by name, and not as part of the whole job. */
  readonly isOnDemand: boolean;
  /** Does it draw random numbers under these params? Then another seed makes other outputs. */
  readonly usesSeed: (params: ParamsOf<P>) => boolean;
  /** Why the stage has nothing to do under these params and inputs; undefined when it has. */
  readonly notApplicable: (params: ParamsOf<P>, present: ReadonlySet<ArtifactName>) => string | undefined;
  readonly run: (artifacts: Artifacts, params: ParamsOf<P>, context: StageContext) => Promise<StageResult>;
}

type StageDeclaration<P extends Readonly<Record<string, ParamSpec>>> = Omit<
  Stage<P>,
  'readsIfPresent' | 'ignores' | 'notApplicable' | 'usesSeed' | 'isOnDemand'
> &
  Partial<Pick<Stage<P>, 'readsIfPresent' | 'ignores' | 'notApplicable' | 'usesSeed' | 'isOnDemand'>>;

export function defineStage<const P extends Readonly<Record<string, ParamSpec>>>(
  declaration: StageDeclaration<P>,
): Stage {
  return {
    readsIfPresent: [],
    ignores: () => false,
    isOnDemand: false,
    usesSeed: () => false,
    notApplicable: () => undefined,
    ...declaration,
  } as unknown as Stage;
}

export type GivenParams = Readonly<Record<string, ParamValue | undefined>>;

/** An input the stage declared in `reads`, or in `readsIfPresent` and known to be there. */
export function input(artifacts: Artifacts, name: ArtifactName): Artifact {
  const artifact = artifacts[name];
  if (artifact) return artifact;
  throw new SimClustersError('NO_MODEL', {
    got: `no artifact ${name}`,
    expected: 'the artifacts of all earlier stages',
    todo: 'Run the whole job once: simclusters run',
  });
}

/** A matrix as an artifact: one row per entity, an id column, an index list and value lists. */
export function matrixArtifact(
  ids: { readonly name: string; readonly column: Column },
  matrix: Csr,
  indexName: string,
  values: Readonly<Record<string, Uint32Array | Float32Array>>,
): Artifact {
  const { indptr } = matrix;
  const columns: Record<string, Column> = {
    [ids.name]: ids.column,
    [indexName]: { kind: 'list', indptr, values: matrix.indices },
  };
  for (const [name, array] of Object.entries(values)) columns[name] = { kind: 'list', indptr, values: array };
  return { table: { numRows: matrix.numRows, columns }, attributes: { numCols: String(matrix.numCols) } };
}

/** The same of a matrix on disk. */
export function storedMatrixArtifact(
  ids: { readonly name: string; readonly column: Column },
  { numRows, numCols, indptr, store }: StoredCsr,
  indexName: string,
  valueName: string,
): StoredArtifact {
  const list = (part: EdgePart, type: 'uint32' | 'float32'): StoredListColumn => {
    return { kind: 'stored-list', indptr, type, pieces: () => readPieces(store, part, indptr[numRows] * 4) };
  };
  const columns = {
    [ids.name]: ids.column,
    [indexName]: list('indices', 'uint32'),
    [valueName]: list('weights', 'float32'),
  };
  const attributes = { numCols: String(numCols) };
  return { table: { numRows, columns }, attributes, release: () => store.close() };
}

/** Bytes of a store that are read at a time. */
const PIECE_BYTES = 2 ** 22;

function* readPieces(store: EdgeStore, part: EdgePart, length: number): Iterable<Uint8Array> {
  const buffer = new Uint8Array(Math.min(PIECE_BYTES, length));
  for (let at = 0; at < length; at += PIECE_BYTES) {
    const piece = buffer.subarray(0, Math.min(PIECE_BYTES, length - at));
    store.readNow(part, at, piece);
    yield piece;
  }
}

/** The matrix of an artifact; `valueName` undefined: the pattern alone. */
export function matrixOf({ table, attributes }: Artifact, indexName: string, valueName?: string): Csr {
  const { indptr, values } = table.columns[indexName] as ListColumn;
  return {
    numRows: table.numRows,
    numCols: Number(attributes['numCols']),
    indptr,
    indices: values as Uint32Array,
    data:
      valueName === undefined
        ? undefined
        : ((table.columns[valueName] as ListColumn | undefined)?.values as Float32Array | undefined),
  };
}

export function idsOf({ table }: Artifact, columnName: string): IdTable {
  const column = table.columns[columnName];
  if (column?.kind === 'string') return idTableFromColumn(column);
  throw new SimClustersError('BAD_ARTIFACT', {
    got: `no text column ${columnName}`,
    expected: `a column ${columnName} of ids`,
    todo: 'Run the job again into a new folder',
  });
}

export function namedIds(name: string, ids: IdTable): { name: string; column: Column } {
  return { name, column: idColumn(ids) };
}

/** 0, 1, 2, ... as a column: cluster ids of a matrix whose rows are clusters (row 0 is empty). */
export function namedClusters(numRows: number): { name: string; column: Column } {
  return {
    name: 'clusterId',
    column: { kind: 'scalar', values: Uint32Array.from({ length: numRows }, (_, i) => i) },
  };
}

export function scalars<T extends Uint32Array | Float32Array | Float64Array>(
  artifact: Artifact,
  columnName: string,
): T {
  const column = artifact.table.columns[columnName];
  if (column?.kind === 'scalar') return column.values as T;
  throw new SimClustersError('BAD_ARTIFACT', {
    got: `no number column ${columnName}`,
    expected: `a column ${columnName}`,
    todo: 'Run the job again into a new folder',
  });
}

/** Tells the watcher of rows that were skipped: how many, and the first five. */
export function logBadRows({ numBadRows, badRows }: InputReport, log: StageContext['log']): void {
  if (numBadRows === 0) return;
  log(`${numBadRows} bad rows skipped; the first:`);
  for (const row of badRows) log(`  ${row.replace(/\s*\n\s*/g, '; ')}`);
}

/** Facts every matrix stage reports. */
export function matrixReport({ numRows, indptr }: Csr | StoredCsr): {
  numRows: number;
  numEntries: number;
  entriesPerRow: number;
} {
  const numEntries = indptr[numRows];
  return { numRows, numEntries, entriesPerRow: numRows === 0 ? 0 : numEntries / numRows };
}

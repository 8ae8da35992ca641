/** A table as it is handed to other programs: indices become the ids they stand for, lists become entries. */
import { quote, SimClustersError } from '../core/errors.ts';
import { type IdTable, idTableFromColumn } from '../core/ids.ts';
import type { Column, ColumnValues, StringColumn, Table } from '../core/table.ts';

/** An index that stands for none. */
const NONE = 0xffffffff;
/** Data of one Parquet page; the writer puts a column into one page. */
const maxColumnBytes = 2 ** 31 - 1;

/** What the places of a column hold: numbers, or ids; `rows` says which id each place holds, unset: its own. */
export type Cells =
  | { readonly kind: 'number'; readonly values: ColumnValues }
  | { readonly kind: 'id'; readonly ids: IdTable; readonly rows?: Uint32Array };

export interface ExportColumn {
  readonly name: string;
  readonly cells: Cells;
}

/** A table whose parallel lists are one list of entries. */
export interface ExportTable {
  readonly numRows: number;
  /** A value per row. */
  readonly rowColumns: readonly ExportColumn[];
  /** Absent when the table has no list columns. */
  readonly entries?: {
    /** Plural of what an entry is about, for example `producers`. */
    readonly name: string;
    readonly indptr: Uint32Array;
    /** A value per entry. */
    readonly columns: readonly ExportColumn[];
  };
}

/** Where the ids of an index column stand. */
export interface Reference {
  /** Name of the resolved column. */
  readonly name: string;
  readonly ids: IdTable;
}

/**
 * @param resolve  the ids a column's indices stand for; undefined: the column stays as it is
 * @throws SimClustersError BAD_ARTIFACT when an index is beyond the ids, SHAPE_MISMATCH when lists are not parallel
 */
export function exportTable(
  table: Table,
  resolve: (columnName: string) => Reference | undefined = () => undefined,
): ExportTable {
  const columns = Object.entries(table.columns);
  const convert = ([name, column]: [string, Column]) => exportColumn(name, column, resolve(name));
  const rowColumns = columns.filter(([, column]) => column.kind !== 'list').map(convert);
  const lists = columns.filter(([, column]) => column.kind === 'list');
  if (lists.length === 0) return { numRows: table.numRows, rowColumns };
  const entries = {
    name: entriesName(lists[0][0]),
    indptr: sharedIndptr(lists),
    columns: lists.map(convert),
  };
  return { numRows: table.numRows, rowColumns, entries };
}

/** One row per entry, with the row's own columns repeated; rows without entries are not in it. */
export function longTable({ numRows, rowColumns, entries }: ExportTable): Table {
  if (!entries) return tableOf(numRows, rowColumns);
  const { indptr, columns } = entries;
  const rowOfEntry = new Uint32Array(indptr[numRows]);
  for (let row = 0; row < numRows; row++) rowOfEntry.fill(row, indptr[row], indptr[row + 1]);
  const repeated = rowColumns.map(({ name, cells }) => ({ name, cells: cellsAt(cells, rowOfEntry) }));
  return tableOf(rowOfEntry.length, [...repeated, ...columns]);
}

function exportColumn(name: string, column: Column, reference: Reference | undefined): ExportColumn {
  if (column.kind === 'string') return { name, cells: { kind: 'id', ids: idTableFromColumn(column) } };
  const { values } = column;
  if (!reference || !(values instanceof Uint32Array)) return { name, cells: { kind: 'number', values } };
  requireWithin(name, values, reference.ids.size);
  return { name: reference.name, cells: { kind: 'id', ids: reference.ids, rows: values } };
}

function requireWithin(name: string, indices: Uint32Array, size: number): void {
  const beyond = indices.find((index) => index >= size && index !== NONE);
  if (beyond === undefined) return;
  throw new SimClustersError('BAD_ARTIFACT', {
    got: `index ${beyond} in column ${name}`,
    expected: `an index below ${size}`,
    todo: 'Run the whole job again so that all artifacts fit together, or keep the indices with --raw',
  });
}

function sharedIndptr(lists: readonly [string, Column][]): Uint32Array {
  const [[, first], ...others] = lists as [string, Extract<Column, { kind: 'list' }>][];
  const isShared = ([, { indptr }]: (typeof others)[number]) =>
    indptr === first.indptr || indptr.every((end, row) => end === first.indptr[row]);
  const odd = others.find((list) => !isShared(list));
  if (!odd) return first.indptr;
  throw new SimClustersError('SHAPE_MISMATCH', {
    got: `lists of other lengths in column ${quote(odd[0])}`,
    expected: 'lists that run in parallel',
    todo: 'Mend the stage that made this table',
  });
}

/** `producerIndex` → `producers`, `clusterId` → `clusters` */
function entriesName(firstColumn: string): string {
  return `${firstColumn.replace(/(Index|Id)$/, '')}s`;
}

function cellsAt(cells: Cells, places: Uint32Array): Cells {
  if (cells.kind === 'id') {
    const { ids, rows } = cells;
    return { kind: 'id', ids, rows: rows ? places.map((place) => rows[place]) : places };
  }
  const values = new (cells.values.constructor as new (length: number) => ColumnValues)(places.length);
  for (let i = 0; i < places.length; i++) values[i] = cells.values[places[i]];
  return { kind: 'number', values };
}

function tableOf(numRows: number, columns: readonly ExportColumn[]): Table {
  return {
    numRows,
    columns: Object.fromEntries(columns.map(({ name, cells }) => [name, columnOf(name, cells)])),
  };
}

function columnOf(name: string, cells: Cells): Column {
  if (cells.kind === 'number') return { kind: 'scalar', values: cells.values };
  const { ids, rows } = cells;
  return rows ? gatherIds(name, ids, rows) : { kind: 'string', offsets: ids.offsets, bytes: ids.bytes };
}

/** The id of each row, end to end; an index that stands for none becomes an empty text. */
function gatherIds(name: string, ids: IdTable, rows: Uint32Array): StringColumn {
  const offsets = new Uint32Array(rows.length + 1);
  let length = 0;
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] !== NONE) length += ids.offsets[rows[i] + 1] - ids.offsets[rows[i]];
    offsets[i + 1] = length;
  }
  if (length + 4 * rows.length > maxColumnBytes) refuseLength(name, length);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < rows.length; i++) {
    if (rows[i] === NONE) continue;
    const end = ids.offsets[rows[i] + 1];
    for (let from = ids.offsets[rows[i]], to = offsets[i]; from < end; from++, to++)
      bytes[to] = ids.bytes[from];
  }
  return { kind: 'string', offsets, bytes };
}

function refuseLength(name: string, length: number): never {
  throw new SimClustersError('WRITE_FAILED', {
    got: `column ${name} of ${length} bytes of text`,
    expected: `at most ${maxColumnBytes} bytes, the limit of a Parquet page`,
    todo: 'Export as tsv or ndjson, or take the artifact as it is with --raw',
  });
}

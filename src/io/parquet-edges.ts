/** Reads edges from a Parquet file. */
import type { SchemaElement } from 'hyparquet';
import { type BadRows, badFile } from './bad-rows.ts';
import { pickColumns, roleOf } from './column-roles.ts';
import type { InputOptions } from './edge-input.ts';
import { edgeRoles } from './edge-rows.ts';
import type { EdgeSink } from './edge-sink.ts';
import { idFault } from './id-lookup.ts';
import type { OpenInput } from './input-files.ts';
import { demandIdColumn, describeCell, IdCell, sameId } from './parquet-cells.ts';
import { type ParquetFile, type RowGroup, withParquet } from './parquet-columns.ts';
import { parseWeight, toWeight, weightExpected } from './weight-text.ts';

/**
 * Reads one Parquet file, row group by row group. Columns as for `readEdges`: by the names asked for, else by telling
 * names, else in file order. Errors: BAD_FILE, BAD_PARAM, BAD_ROW.
 */
export async function readParquetEdges(
  input: OpenInput,
  options: InputOptions,
  sink: EdgeSink,
  badRows: BadRows,
  onChunk: () => void,
): Promise<void> {
  await withParquet(input, async (file) => {
    const picked = edgeColumnsOf(input.name, file, options.columns);
    for (const column of picked.slice(0, 2)) demandIdColumn(input.name, file.schemaOf(file.names[column]));
    const names = picked.filter((column) => column >= 0).map((column) => file.names[column]);
    if (badRows.report.columns.length === 0) badRows.report.columns = names;
    const rows = new EdgeCells(input.name, picked, sink, badRows);
    for await (const group of file.groups(names)) {
      rows.read(group);
      onChunk();
    }
  });
}

function edgeColumnsOf(name: string, file: ParquetFile, requested: readonly string[] | undefined): number[] {
  const { names } = file;
  if (names.length < 2) {
    throw badFile(name, {
      got: `the columns ${names.join(', ') || '(none)'}`,
      expected: 'at least the columns consumer and producer',
      todo: 'look whether this is the right file',
    });
  }
  const picked = pickColumns(edgeRoles, names, names.length, requested, name);
  if (!requested && picked[2] < 0) {
    const isFree = (column: number) => !picked.includes(column) && roleOf(names[column]) === undefined;
    picked[2] = names.findIndex((column, i) => isFree(i) && isNumeric(file.schemaOf(column)));
  } else if (picked[2] >= 0) file.schemaOf(names[picked[2]]);
  return picked;
}

function isNumeric({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  const isNumber = type === 'INT32' || type === 'INT64' || type === 'FLOAT' || type === 'DOUBLE';
  return isNumber && !/DATE|TIME/.test(`${converted} ${logical?.type}`);
}

class EdgeCells {
  readonly #left = new IdCell();
  readonly #right = new IdCell();

  constructor(
    private readonly file: string,
    private readonly picked: readonly number[],
    private readonly sink: EdgeSink,
    private readonly badRows: BadRows,
  ) {}

  read({ firstRow, numRows, columns }: RowGroup): void {
    const [lefts, rights, weights] = columns;
    this.badRows.report.numRows += numRows;
    for (let row = 0; row < numRows; row++) {
      const line = firstRow + row + 1;
      if (!this.#takeId(this.#left, lefts[row], line, 0) || !this.#takeId(this.#right, rights[row], line, 1))
        continue;
      const weight = weights ? weightOf(weights[row]) : 1;
      if (Number.isNaN(weight)) this.#reject(line, 2, describeCell(weights[row]), weightExpected);
      else this.#addEdge(weight);
    }
  }

  #addEdge(weight: number): void {
    const { sink } = this;
    const left = this.#left;
    const right = this.#right;
    if (!sink.accepts(sameId(left, right), weight)) return;
    const consumer = sink.consumers.add(left.bytes, left.start, left.end);
    sink.push(consumer, sink.producers.add(right.bytes, right.start, right.end), weight);
  }

  #takeId(cell: IdCell, value: unknown, line: number, role: number): boolean {
    if (!cell.take(value)) {
      this.#reject(line, role, describeCell(value), 'an id');
      return false;
    }
    // Numbers are always good ids.
    const fault = value instanceof Uint8Array ? idFault(cell.bytes, cell.start, cell.end) : undefined;
    if (fault) this.#reject(line, role, fault.got, fault.expected);
    return fault === undefined;
  }

  #reject(line: number, role: number, got: string, expected: string): void {
    this.badRows.reject({ file: this.file, line, column: this.picked[role] + 1 }, got, expected);
  }
}

function weightOf(value: unknown): number {
  if (value instanceof Uint8Array) return parseWeight(value, 0, value.length);
  return typeof value === 'number' || typeof value === 'bigint' ? toWeight(Number(value)) : Number.NaN;
}

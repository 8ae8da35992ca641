/** Readers of one delimited file of edges, and of one file of lists. */
import { quote } from '../core/errors.ts';
import { type BadRows, badParam } from './bad-rows.ts';
import { type ColumnRole, namesThings, pickColumns, roleOf } from './column-roles.ts';
import { DecimalRows } from './decimal-rows.ts';
import { type Layout, layoutOf, sampleRows } from './delimited.ts';
import type { InputOptions } from './edge-input.ts';
import type { EdgeSink } from './edge-sink.ts';
import type { FieldSplitter } from './field-splitter.ts';
import { idFault } from './id-lookup.ts';
import type { OpenInput } from './input-files.ts';
import type { LineReader } from './line-scanner.ts';
import { RowReader } from './row-reader.ts';
import { parseWeight, textOf, weightExpected } from './weight-text.ts';

/** Parts of the columns of an edge, in the order of `InputOptions.columns`. */
export const edgeRoles: readonly ColumnRole[] = [
  { name: 'consumer', isRequired: true },
  { name: 'producer', isRequired: true },
  { name: 'weight', isRequired: false },
];

const encoder = new TextEncoder();

function isWeight(text: string): boolean {
  const bytes = encoder.encode(text);
  return !Number.isNaN(parseWeight(bytes, 0, bytes.length));
}

/** Reader of one file of `consumer, producer[, weight]` rows. Errors: BAD_PARAM for columns that are not there. */
export function edgeLineReader(
  input: OpenInput,
  options: InputOptions,
  sink: EdgeSink,
  badRows: BadRows,
): LineReader {
  const layout = layoutOf(sampleRows(input.head, input.isWhole, input.name), {
    header: options.header ?? 'auto',
    requested: options.columns,
    telltale: options.columns ? Number(options.columns[2] ?? Number.NaN) - 1 : 2,
    isValue: isWeight,
  });
  const [consumer, producer, weight] = edgeColumns(layout, options.columns, input.name);
  noteColumns(badRows, layout, [consumer, producer, weight]);
  if (options.selfFollows === undefined && layout.names && namesThings(layout.names[producer]))
    sink.keepSelfFollows();
  const rows = new EdgeRows(input.name, sink, badRows, consumer, producer, weight);
  const width = Math.max(layout.numFields, 2);
  const isPlain = consumer === 0 && producer === 1 && width === (weight === 2 ? 3 : 2);
  const decimals = isPlain ? new DecimalRows(sink, layout.delimiter, weight === 2) : undefined;
  return new RowReader(
    input.name,
    layout,
    badRows,
    width,
    (bytes, fields, _count, line) => rows.read(bytes, fields, line),
    decimals && ((block) => decimals.read(block)),
  );
}

/** The header, if there is one, and the number of columns. */
export type ColumnLayout = Pick<Layout, 'names' | 'numFields'>;

/** Remembers in the report which columns the first file was read from. */
export function noteColumns(badRows: BadRows, layout: ColumnLayout, columns: readonly number[]): void {
  if (badRows.report.columns.length > 0 || layout.numFields === 0) return;
  const used = columns.filter((column) => column >= 0);
  badRows.report.columns = used.map((column) => layout.names?.[column] ?? String(column + 1));
}

function edgeColumns(layout: Layout, requested: readonly string[] | undefined, file: string): number[] {
  // Too few fields without a request: every row is bad, which its own message says best.
  if (layout.numFields < 2 && !requested) return [0, 1, -1];
  const columns = pickColumns(edgeRoles, layout.names, layout.numFields, requested, file);
  if (!requested && layout.names && columns[2] < 0) columns[2] = unnamedWeight(layout, columns);
  return columns;
}

/** A column under an unknown name counts as the weight if it is the first such column and holds numbers. */
function unnamedWeight({ names, rows }: Layout, taken: readonly number[]): number {
  const column = names!.findIndex((name, i) => !taken.includes(i) && roleOf(name) === undefined);
  return column >= 0 && rows.some((row) => isWeight(row[column] ?? '')) ? column : -1;
}

class EdgeRows {
  constructor(
    private readonly file: string,
    private readonly sink: EdgeSink,
    private readonly badRows: BadRows,
    private readonly consumer: number,
    private readonly producer: number,
    private readonly weight: number,
  ) {}

  read(bytes: Uint8Array, { starts, ends }: FieldSplitter, line: number): void {
    const { sink, consumer, producer } = this;
    const leftStart = starts[consumer];
    const leftEnd = ends[consumer];
    const rightStart = starts[producer];
    const rightEnd = ends[producer];
    const weight = this.weight < 0 ? 1 : parseWeight(bytes, starts[this.weight], ends[this.weight]);
    if (Number.isNaN(weight)) {
      this.#rejectWeight(textOf(bytes, starts[this.weight], ends[this.weight]), line);
      return;
    }
    let left = sink.consumers.find(bytes, leftStart, leftEnd);
    let right = sink.producers.find(bytes, rightStart, rightEnd);
    if (left < 0 && this.#isFaulty(bytes, leftStart, leftEnd, line, consumer)) return;
    if (right < 0 && this.#isFaulty(bytes, rightStart, rightEnd, line, producer)) return;
    if (!sink.accepts(sameBytes(bytes, leftStart, leftEnd, rightStart, rightEnd), weight)) return;
    // Only ids of rows that are kept enter the tables.
    if (left < 0) left = sink.consumers.add(bytes, leftStart, leftEnd);
    if (right < 0) right = sink.producers.add(bytes, rightStart, rightEnd);
    sink.push(left, right, weight);
  }

  #isFaulty(bytes: Uint8Array, start: number, end: number, line: number, column: number): boolean {
    const fault = idFault(bytes, start, end);
    if (!fault) return false;
    this.badRows.reject({ file: this.file, line, column: column + 1 }, fault.got, fault.expected);
    return true;
  }

  #rejectWeight(text: string, line: number): void {
    this.badRows.reject({ file: this.file, line, column: this.weight + 1 }, quote(text), weightExpected);
  }
}

function sameBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  otherStart: number,
  otherEnd: number,
): boolean {
  if (end - start !== otherEnd - otherStart) return false;
  for (let at = start, other = otherStart; at < end; at++, other++)
    if (bytes[at] !== bytes[other]) return false;
  return true;
}

/**
 * Reader of one file of `user item item …` lines. The lines of a user add up; a user without items gets an id.
 * Errors: BAD_PARAM when columns are asked for.
 */
export function listLineReader(
  input: OpenInput,
  options: InputOptions,
  sink: EdgeSink,
  badRows: BadRows,
): LineReader {
  if (options.columns)
    throw badParam('columns for lists', 'no columns', 'leave them out, or say --follows-format edges');
  const layout = layoutOf(sampleRows(input.head, input.isWhole, input.name), {
    header: options.header === 'yes' ? 'yes' : 'no',
    telltale: -1,
    isValue: () => false,
  });
  return new RowReader(input.name, layout, badRows, 0, (bytes, fields, count, line) => {
    readList(bytes, fields, withoutEmptyTail(fields, count), { file: input.name, line }, sink, badRows);
  });
}

/** `user<tab>` is a user with an empty list, not one with an empty item. */
function withoutEmptyTail({ starts, ends }: FieldSplitter, numFields: number): number {
  return numFields === 2 && starts[1] === ends[1] ? 1 : numFields;
}

function readList(
  bytes: Uint8Array,
  { starts, ends }: FieldSplitter,
  numFields: number,
  place: { readonly file: string; readonly line: number },
  sink: EdgeSink,
  badRows: BadRows,
): void {
  const { consumers, producers } = sink;
  for (let field = 0; field < numFields; field++) {
    const ids = field === 0 ? consumers : producers;
    if (ids.find(bytes, starts[field], ends[field]) >= 0) continue;
    const fault = idFault(bytes, starts[field], ends[field]);
    if (!fault) continue;
    badRows.reject({ ...place, column: field + 1 }, fault.got, fault.expected);
    return;
  }
  const user = consumers.add(bytes, starts[0], ends[0]);
  for (let field = 1; field < numFields; field++) {
    const isSelf = sameBytes(bytes, starts[0], ends[0], starts[field], ends[field]);
    if (sink.accepts(isSelf, 1)) sink.push(user, producers.add(bytes, starts[field], ends[field]), 1);
  }
}

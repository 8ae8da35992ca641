/** Readers of one file of events: delimited rows, JSON lines, Parquet. */
import { quote } from '../core/errors.ts';
import { type BadRows, badParam } from './bad-rows.ts';
import { type ColumnRole, pickColumns } from './column-roles.ts';
import { isNoRow, layoutOf, sampleRows } from './delimited.ts';
import type { InputOptions } from './edge-input.ts';
import { type ColumnLayout, noteColumns } from './edge-rows.ts';
import { EventDraft, type EventSink, eventParts, type Part } from './event-sink.ts';
import { parseTime, timeOfNumber, timeOfText } from './event-time.ts';
import type { FieldSplitter } from './field-splitter.ts';
import type { OpenInput } from './input-files.ts';
import { JsonLine, type JsonValue } from './json-line.ts';
import type { LineReader } from './line-scanner.ts';
import { demandIdColumn, describeCell, IdCell } from './parquet-cells.ts';
import { type RowGroup, withParquet } from './parquet-columns.ts';
import { RowReader } from './row-reader.ts';
import { textOf } from './weight-text.ts';

const eventRoles: readonly ColumnRole[] = eventParts.map((name, i) => ({ name, isRequired: i < 3 }));
/** `user` and `item` go by the words that name the two sides of an edge. */
const wordRoles = eventRoles.map((role) => {
  const name = { user: 'consumer', item: 'producer' }[role.name] ?? role.name;
  return { ...role, name };
});

function columnsOf(layout: ColumnLayout, requested: readonly string[] | undefined, file: string): number[] {
  if (layout.numFields < 3 && !requested) return [0, 1, 2, -1, -1];
  const roles = requested ? eventRoles : wordRoles;
  return pickColumns(roles, layout.names, layout.numFields, requested, file);
}

/** Reader of one delimited file of `time, user, item[, verb[, author]]` rows. Errors: BAD_PARAM. */
export function eventLineReader(
  input: OpenInput,
  options: InputOptions,
  sink: EventSink,
  badRows: BadRows,
): LineReader {
  const layout = layoutOf(sampleRows(input.head, input.isWhole, input.name), {
    header: options.header ?? 'auto',
    requested: options.columns,
    telltale: options.columns ? Number(options.columns[0]) - 1 : 0,
    isValue: (text) => !Number.isNaN(/^\d+$/.test(text) ? timeOfNumber(Number(text)) : timeOfText(text)),
  });
  const columns = columnsOf(layout, options.columns, input.name);
  noteColumns(badRows, layout, columns);
  const draft = draftFor(columns);
  const width = Math.max(layout.numFields, 3);
  return new RowReader(input.name, layout, badRows, width, (bytes, fields, _count, line) => {
    fillFromFields(draft, columns, bytes, fields);
    sink.add(draft, input.name, line);
  });
}

function draftFor(columns: readonly number[]): EventDraft {
  const draft = new EventDraft();
  draft.timeColumn = columns[0] + 1;
  partsOf(draft).forEach((part, i) => {
    part.column = columns[i + 1] + 1;
  });
  return draft;
}

/** The parts that are text, in the order of `eventParts` without time. */
function partsOf({ user, item, verb, author }: EventDraft): readonly Part[] {
  return [user, item, verb, author];
}

function fillFromFields(
  draft: EventDraft,
  columns: readonly number[],
  bytes: Uint8Array,
  { starts, ends }: FieldSplitter,
): void {
  const [time, user, item, verb, author] = columns;
  draft.time = parseTime(bytes, starts[time], ends[time]);
  if (Number.isNaN(draft.time)) draft.timeText = () => textOf(bytes, starts[time], ends[time]);
  draft.user.set(bytes, starts[user], ends[user]);
  draft.item.set(bytes, starts[item], ends[item]);
  if (verb >= 0) draft.verb.set(bytes, starts[verb], ends[verb]);
  if (author >= 0) draft.author.set(bytes, starts[author], ends[author]);
}

/** Keys of each part, the first that is there counts, but a string before a number. */
const jsonKeys: readonly (readonly string[])[] = [
  ['time', 'timestamp', 'eventTimeMs', 'ts'],
  ['user', 'userId', 'actorId'],
  ['item', 'itemId', 'objectId', 'tweet'],
  ['verb', 'action', 'event'],
  ['author', 'authorId'],
];

/**
 * Reader of one file of JSON objects, one a line. `columns` name the keys. A null verb or author counts as absent.
 * Ids are strings or whole numbers, whose digits are taken as they stand.
 */
export function jsonLineReader(
  input: OpenInput,
  options: InputOptions,
  sink: EventSink,
  badRows: BadRows,
): LineReader {
  const { columns } = options;
  const keys = columns
    ? eventParts.map((_, i) => [columns[i] ?? '-'].filter((key) => key !== '-'))
    : jsonKeys;
  if (keys.slice(0, 3).some((names) => names.length === 0)) {
    throw badParam(
      `columns ${columns!.join(', ')}`,
      'keys for time, user and item',
      'name all three',
      input.name,
    );
  }
  const line = new JsonLine(keys.flat());
  const draft = draftFor([0, 1, 2, 3, 4]);
  const slots = slotsOf(keys, line.values);
  if (badRows.report.columns.length === 0) badRows.report.columns = columns ?? [...eventParts];
  return {
    readLine(bytes, start, end, lineNumber) {
      if (isNoRow(bytes, start, end)) return;
      badRows.report.numRows++;
      if (line.read(bytes, start, end)) {
        fillFromJson(draft, slots);
        sink.add(draft, input.name, lineNumber);
      } else {
        const got = quote(textOf(bytes, start, Math.min(end, start + 80)));
        badRows.reject({ file: input.name, line: lineNumber }, got, 'one JSON object a line');
      }
    },
    endFile() {},
  };
}

function slotsOf(keys: readonly (readonly string[])[], values: readonly JsonValue[]): JsonValue[][] {
  let next = 0;
  return keys.map((names) => names.map(() => values[next++]));
}

function fillFromJson(draft: EventDraft, slots: readonly (readonly JsonValue[])[]): void {
  const time = chosen(slots[0]);
  draft.time = Number.NaN;
  if (time?.kind === 'string' || time?.kind === 'number')
    draft.time = parseTime(time.bytes, time.start, time.end);
  if (Number.isNaN(draft.time))
    draft.timeText = () => (time ? textOf(time.bytes, time.start, time.end) : 'nothing');
  partsOf(draft).forEach((part, i) => {
    setFromJson(part, chosen(slots[i + 1]));
  });
}

function chosen(candidates: readonly JsonValue[]): JsonValue | undefined {
  const isThere = ({ kind }: JsonValue) => kind !== 'absent' && kind !== 'null';
  return candidates.find(({ kind }) => kind === 'string') ?? candidates.find(isThere);
}

function setFromJson(part: Part, value: JsonValue | undefined): void {
  part.isGiven = false;
  part.fault = '';
  if (value === undefined) return;
  part.set(value.bytes, value.start, value.end);
  const isWhole = value.kind === 'string' || isInteger(value);
  if (!isWhole) part.fault = `the value ${quote(textOf(value.bytes, value.start, value.end))}`;
}

function isInteger({ kind, bytes, start, end }: JsonValue): boolean {
  if (kind !== 'number') return false;
  for (let at = start; at < end; at++)
    if ((bytes[at] < 48 || bytes[at] > 57) && bytes[at] !== 45) return false;
  return true;
}

/** Reads one Parquet file of events; columns as in delimited files. Errors: BAD_FILE, BAD_PARAM, BAD_ROW. */
export async function readParquetEvents(
  input: OpenInput,
  options: InputOptions,
  sink: EventSink,
  badRows: BadRows,
  onChunk: () => void,
): Promise<void> {
  await withParquet(input, async (file) => {
    const { names } = file;
    if (names.length < 3)
      throw badParam(`columns ${names.join(', ')}`, 'at least three', 'mend the file', input.name);
    const layout = { names, numFields: names.length };
    const columns = columnsOf(layout, options.columns, input.name);
    noteColumns(badRows, layout, columns);
    for (const column of columns.slice(1).filter((i) => i >= 0))
      demandIdColumn(input.name, file.schemaOf(names[column]));
    const present = columns.filter((column) => column >= 0);
    const rows = new EventCells(input.name, columns, sink, badRows);
    for await (const group of file.groups(present.map((column) => names[column]))) {
      rows.read(group);
      onChunk();
    }
  });
}

class EventCells {
  readonly #draft: EventDraft;
  readonly #cells = eventParts.map(() => new IdCell());

  constructor(
    private readonly file: string,
    private readonly columns: readonly number[],
    private readonly sink: EventSink,
    private readonly badRows: BadRows,
  ) {
    this.#draft = draftFor(columns);
  }

  read({ firstRow, numRows, columns: present }: RowGroup): void {
    let next = 0;
    const values = this.columns.map((column) => (column >= 0 ? present[next++] : undefined));
    const parts = partsOf(this.#draft);
    this.badRows.report.numRows += numRows;
    for (let row = 0; row < numRows; row++) {
      const time = values[0]![row];
      this.#draft.time = timeOfCell(time);
      this.#draft.timeText = () => describeCell(time);
      for (let i = 0; i < parts.length; i++) {
        const column = values[i + 1];
        if (column) setFromCell(parts[i], this.#cells[i], column[row]);
      }
      this.sink.add(this.#draft, this.file, firstRow + row + 1);
    }
  }
}

function setFromCell(part: Part, cell: IdCell, value: unknown): void {
  const isId = cell.take(value);
  part.set(cell.bytes, cell.start, cell.end);
  if (!isId) part.fault = describeCell(value);
}

function timeOfCell(value: unknown): number {
  if (value instanceof Uint8Array) return parseTime(value, 0, value.length);
  if (value instanceof Date) return value.getTime() >= 0 ? value.getTime() : Number.NaN;
  return typeof value === 'number' || typeof value === 'bigint' ? timeOfNumber(Number(value)) : Number.NaN;
}

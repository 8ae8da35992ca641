/** What happens to rows that cannot be read: stop at the first, or count them and go on. */
import { type ErrorFacts, SimClustersError } from '../core/errors.ts';
import type { BadRowPolicy, EdgeFormat, InputReport } from './edge-input.ts';

const numKept = 5;

/** Where a bad value stands. */
export interface RowPlace {
  readonly file: string;
  /** 1-based line, or row of a columnar file. */
  readonly line: number;
  /** 1-based ordinal of the field. */
  readonly column?: number;
}

/** A report with nothing in it. */
export function emptyReport(files: readonly string[], format: InputReport['format']): InputReport {
  return {
    files: [...files],
    format,
    columns: [],
    numRows: 0,
    numBytes: 0,
    numBadRows: 0,
    badRows: [],
    numSelfFollows: 0,
    numZeroWeights: 0,
  };
}

export class BadRows {
  readonly report: InputReport;
  readonly #policy: BadRowPolicy;

  constructor(report: InputReport, policy: BadRowPolicy = 'stop') {
    this.report = report;
    this.#policy = policy;
  }

  /** Throws BAD_ROW under `stop`; under `skip` counts the row and keeps its message if it is among the first five. */
  reject(place: RowPlace, got: string, expected: string, hint = ''): void {
    if (this.#policy === 'stop') {
      const todo = `mend the row, or pass --bad-rows skip to leave such rows out and count them${hint}`;
      throw new SimClustersError('BAD_ROW', { ...place, got, expected, todo });
    }
    this.report.numBadRows++;
    if (this.report.badRows.length >= numKept) return;
    const column = place.column ? `, column ${place.column}` : '';
    this.report.badRows.push(
      `${place.file}, line ${place.line}${column}: found ${got}; expected ${expected}`,
    );
  }
}

/** Throws when an input held no rows (EMPTY_INPUT), only bad rows (BAD_FILE) or nothing usable (EMPTY_INPUT). */
export function demandRows(report: InputReport, numUsable: number, wanted: string): void {
  const file = report.files.join(', ');
  if (report.numRows > 0 && report.numBadRows === report.numRows) {
    throw new SimClustersError('BAD_FILE', {
      file,
      got: `${report.numRows} rows, every one of them bad; the first: ${report.badRows[0]}`,
      expected: wanted,
      todo: 'look whether format, columns and delimiter are what you think they are',
    });
  }
  if (numUsable > 0) return;
  throw new SimClustersError('EMPTY_INPUT', {
    file,
    got: report.numRows === 0 ? 'no rows' : describeLosses(report),
    expected: wanted,
    todo: 'look whether this is the right file',
  });
}

function describeLosses(report: InputReport): string {
  const parts = [
    `${report.numBadRows} bad`,
    `${report.numSelfFollows} self-follows`,
    `${report.numZeroWeights} with weight 0`,
  ];
  return `${report.numRows} rows of which nothing is left (${parts.join(', ')})`;
}

/** BAD_FILE for a file as a whole. */
export function badFile(file: string, facts: Omit<ErrorFacts, 'file'>): SimClustersError {
  return new SimClustersError('BAD_FILE', { file, ...facts });
}

/** BAD_PARAM. */
export function badParam(got: string, expected: string, todo: string, file?: string): SimClustersError {
  return new SimClustersError('BAD_PARAM', { got, expected, todo, file });
}

/** Whether a format name is one of those a reader knows. */
export function demandFormat(format: EdgeFormat, known: readonly EdgeFormat[]): void {
  if (known.includes(format)) return;
  throw badParam(
    `format ${JSON.stringify(format)}`,
    `one of ${known.join(', ')}`,
    'choose one of these formats',
  );
}

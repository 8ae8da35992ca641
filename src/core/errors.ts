/**
 * Every error this package raises on purpose: one table of codes, one class.
 * An error says what was found (got), what was expected, and what to do; input errors also say where.
 */

interface ErrorKind {
  /** What the code means, in words. */
  readonly meaning: string;
  /** Status a server answers with. */
  readonly httpStatus: number;
  /** Exit code of the command line (sysexits.h where one fits). */
  readonly exitCode: number;
}

export const errorTable = {
  BAD_PARAM: {
    meaning: 'A parameter is out of its range or of the wrong type',
    httpStatus: 400,
    exitCode: 64,
  },
  BAD_ROW: { meaning: 'A row of an input file cannot be read', httpStatus: 400, exitCode: 65 },
  BAD_FILE: { meaning: 'An input file as a whole cannot be read', httpStatus: 400, exitCode: 65 },
  EMPTY_INPUT: { meaning: 'An input holds no rows', httpStatus: 400, exitCode: 65 },
  INPUT_MISSING: {
    meaning: 'An input does not exist or may not be read',
    httpStatus: 404,
    exitCode: 66,
  },
  UNKNOWN_ID: { meaning: 'An id is not in the model', httpStatus: 404, exitCode: 66 },
  SHAPE_MISMATCH: { meaning: 'Two matrices do not fit together', httpStatus: 500, exitCode: 70 },
  OUT_OF_MEMORY: { meaning: 'The kernels need more memory than there is', httpStatus: 507, exitCode: 71 },
  WRITE_FAILED: {
    meaning: 'An output could not be written; nothing half-written is left',
    httpStatus: 507,
    exitCode: 73,
  },
  BAD_ARTIFACT: {
    meaning: 'An artifact is foreign, damaged or of another version',
    httpStatus: 500,
    exitCode: 74,
  },
  NO_MODEL: { meaning: 'A folder holds no finished model', httpStatus: 503, exitCode: 66 },
  MODEL_LOCKED: { meaning: 'Another process is writing this model', httpStatus: 409, exitCode: 75 },
  MISSING_PACKAGE: {
    meaning: 'An optional package is needed and not installed',
    httpStatus: 501,
    exitCode: 69,
  },
  ADDRESS_UNAVAILABLE: { meaning: 'The address cannot be listened at', httpStatus: 500, exitCode: 69 },
  UNAUTHORIZED: { meaning: 'The request carries no token that is known here', httpStatus: 401, exitCode: 77 },
  UNKNOWN_ROUTE: { meaning: 'Nothing is served at this path', httpStatus: 404, exitCode: 64 },
  WRONG_METHOD: { meaning: 'This path is served for another method', httpStatus: 405, exitCode: 64 },
  BODY_TOO_LARGE: { meaning: 'The body of the request is too large', httpStatus: 413, exitCode: 64 },
  WRONG_MEDIA_TYPE: { meaning: 'Bodies of this kind are not read here', httpStatus: 415, exitCode: 64 },
  RATE_LIMITED: { meaning: 'This client asks too often', httpStatus: 429, exitCode: 75 },
  OVERLOADED: { meaning: 'More requests wait than can be answered in time', httpStatus: 503, exitCode: 75 },
  BROKER_UNREACHABLE: {
    meaning: 'A broker cannot be reached, or lets nobody in',
    httpStatus: 503,
    exitCode: 69,
  },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorTable;

export interface ErrorFacts {
  /** What was found. Quoted as it stands; keep it short. */
  readonly got: string;
  /** What would have been right. */
  readonly expected: string;
  /** What the reader of the message should do next. */
  readonly todo: string;
  readonly file?: string;
  /** 1-based line (or row of a columnar file). */
  readonly line?: number;
  /** 1-based column: the ordinal of the field, not of the character. */
  readonly column?: number;
  readonly cause?: unknown;
}

export class SimClustersError extends Error {
  override readonly name = 'SimClustersError';
  readonly code: ErrorCode;
  /** Not named details: some test runners take that for text. */
  readonly facts: ErrorFacts;

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(formatMessage(code, facts), { cause: facts.cause });
    this.code = code;
    this.facts = facts;
  }

  get exitCode(): number {
    return errorTable[this.code].exitCode;
  }

  get httpStatus(): number {
    return errorTable[this.code].httpStatus;
  }
}

function formatMessage(code: ErrorCode, { file, line, column, got, expected, todo }: ErrorFacts): string {
  const place = [file, line && `line ${line}`, column && `column ${column}`].filter(Boolean).join(', ');
  return `${errorTable[code].meaning} (${code})${place ? `\n  where:    ${place}` : ''}\n  found:    ${got}\n  expected: ${expected}\n  to do:    ${todo}`;
}

/** What JSON leaves as it is and nobody sees: control characters, marks of byte order and direction, joiners, other ends of lines. */
const INVISIBLE = /[\u007f-\u009f\u2028\u2029]|\p{Cf}/gu;

/** Shortens a piece of input for an error message and makes what cannot be seen in it visible. */
export function quote(text: string, maxLength = 60): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
  return JSON.stringify(cut).replace(
    INVISIBLE,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

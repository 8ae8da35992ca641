/** The keys of sbf's config files: what their values look like, and what holds when they are absent. */

interface KeySpec<T> {
  /** The default of sbf. */
  readonly value: T;
  /** The value a word spells, or undefined. */
  readonly parse: (word: string) => T | undefined;
  /** What a word should be, for messages. */
  readonly expected: string;
}

interface Bounds {
  readonly min: number;
  readonly max?: number;
}

const maxInteger = 2 ** 31 - 1;

/** As Java's Integer: 32 bits. */
function integer<T extends number | undefined>(value: T, { min, max = maxInteger }: Bounds) {
  return numeric<T | number>(value, /^[+-]?\d+$/, `a whole number from ${min} to ${max}`, { min, max });
}

function number(value: number, { min, max = Number.MAX_VALUE }: Bounds): KeySpec<number> {
  const bounds = max === Number.MAX_VALUE ? `of at least ${min}` : `from ${min} to ${max}`;
  return numeric(value, /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i, `a number ${bounds}`, { min, max });
}

function numeric<T extends number | undefined>(
  value: T,
  form: RegExp,
  expected: string,
  { min, max }: Required<Bounds>,
): KeySpec<T | number> {
  const parse = (word: string) => {
    const found = form.test(word) ? Number(word) : Number.NaN;
    return found >= min && found <= max ? found : undefined;
  };
  return { value, parse, expected };
}

function flag(value: boolean): KeySpec<boolean> {
  const parse = (word: string) => (/^(true|false)$/i.test(word) ? word.toLowerCase() === 'true' : undefined);
  return { value, parse, expected: 'true or false' };
}

function text(value: string, expected = 'a path without blanks'): KeySpec<string> {
  return { value, parse: (word) => word, expected };
}

const seed: KeySpec<string | undefined> = {
  value: undefined,
  parse: (word) => (/^[+-]?\d+$/.test(word) ? String(BigInt(word.replace('+', ''))) : undefined),
  expected: 'a whole number',
};

export const referenceKeys = {
  cpu: integer(undefined, { min: -maxInteger }),
  K: integer(100, { min: 1 }),
  scaleCoeff: number(0.5, { min: 0 }),
  maxEpoch: integer(500, { min: 1 }),
  runAllEpochs: flag(false),
  eps: number(0.01, { min: 0, max: 1 }),
  evalRatio: number(0.001, { min: 0 }),
  evalEvery: integer(1, { min: 1 }),
  useWeightCoeffForProposal: flag(false),
  useTemperatureSchedule: flag(false),
  maxTemperature: number(100, { min: 1e-9 }),
  wtCoeff: number(5, { min: 1e-6 }),
  proposalStrategy: text('SingleOrZeroMembershipLikelihood', 'the name of a strategy'),
  maxMembershipsPerVertex: integer(5, { min: 1 }),
  updateImmediately: flag(true),
  noLocking: flag(true),
  divideResultIntoConnectedComponents: flag(true),
  removeWeakLinksForConnectedComponents: flag(true),
  minClusterSize: integer(2, { min: 0 }),
  randomSeed: seed,
  metisFile: text(''),
  initFromRowsFile: text(''),
  initFromColsFile: text(''),
  initFromRandomNeighborhood: flag(true),
  initFromBestNeighborhood: flag(false),
  initFromNonoverlappingNeighborhood: flag(false),
  outputByRowsFile: text(''),
  outputByColsFile: text(''),
  outputRowsWithScoresFile: text(''),
  clusterPrecisionFile: text(''),
} as const satisfies Record<string, KeySpec<number | boolean | string | undefined>>;

export type ReferenceKey = keyof typeof referenceKeys;

export type ReferenceValues = {
  readonly [K in ReferenceKey]: (typeof referenceKeys)[K]['value'];
};

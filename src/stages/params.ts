/**
 * Parameters of stages: declared once, and from that come the types, the command-line flags with their help, the checks,
 * the cache key and the record in the manifest.
 */
import { SimClustersError } from '../core/errors.ts';
import type { ArtifactName } from './artifacts.ts';

/** Settings that belong together, by the size of the graph. */
export const presetNames = ['small', 'web', 'twitter'] as const;
export type PresetName = (typeof presetNames)[number];

type ByPreset<T> = Readonly<Record<PresetName, T>>;

interface Spec<T> {
  /** One line for --help. */
  readonly doc: string;
  readonly default: T | ByPreset<T>;
  readonly unit?: string;
  /** Where the default comes from. */
  readonly source?: string;
}

export interface NumberSpec extends Spec<number> {
  readonly type: 'integer' | 'number';
  readonly min: number;
  readonly max: number;
}

export interface TextSpec extends Spec<string> {
  readonly type: 'text';
  /** The text names a model folder, and the stage is handed this artifact of it, whose content counts and not its place. */
  readonly modelArtifact?: ArtifactName;
}

export interface ChoiceSpec<C extends string = string> extends Spec<C> {
  readonly type: 'choice';
  readonly choices: readonly C[];
}

export interface FlagSpec extends Spec<boolean> {
  readonly type: 'flag';
}

/** A list of texts: files, columns, verbs. */
export interface ListSpec extends Spec<readonly string[]> {
  readonly type: 'list';
  /** The entries name input files, whose content counts and not their names. */
  readonly isFiles?: boolean;
}

export type ParamSpec = NumberSpec | TextSpec | ChoiceSpec | FlagSpec | ListSpec;
export type ParamValue = number | string | boolean | readonly string[];

export type ParamsOf<P extends Readonly<Record<string, ParamSpec>>> = {
  readonly [name in keyof P]: P[name] extends NumberSpec
    ? number
    : P[name] extends ChoiceSpec<infer C>
      ? C
      : P[name] extends TextSpec
        ? string
        : P[name] extends FlagSpec
          ? boolean
          : readonly string[];
};

type Rest<S> = Omit<S, 'type' | 'doc' | 'default'>;

export function integer(
  doc: string,
  value: NumberSpec['default'],
  rest: Partial<Rest<NumberSpec>> = {},
): NumberSpec {
  return { type: 'integer', min: 0, max: 2 ** 31, doc, default: value, ...rest };
}

export function number(
  doc: string,
  value: NumberSpec['default'],
  rest: Partial<Rest<NumberSpec>> = {},
): NumberSpec {
  return { type: 'number', min: 0, max: Number.MAX_VALUE, doc, default: value, ...rest };
}

export function text(doc: string, value: string, rest: Partial<Rest<TextSpec>> = {}): TextSpec {
  return { type: 'text', doc, default: value, ...rest };
}

export function choice<const C extends string>(
  doc: string,
  choices: readonly C[],
  value: C | ByPreset<C>,
  rest: Partial<Rest<ChoiceSpec<C>>> = {},
): ChoiceSpec<C> {
  return { type: 'choice', choices, doc, default: value, ...rest };
}

export function flag(doc: string, value: boolean): FlagSpec {
  return { type: 'flag', doc, default: value };
}

export function list(doc: string, value: readonly string[], rest: Partial<Rest<ListSpec>> = {}): ListSpec {
  return { type: 'list', doc, default: value, ...rest };
}

export function defaultOf(spec: ParamSpec, preset: PresetName): ParamValue {
  const value = spec.default;
  const isByPreset = typeof value === 'object' && !Array.isArray(value);
  return isByPreset ? (value as ByPreset<ParamValue>)[preset] : (value as ParamValue);
}

/**
 * Values for all of a stage's params: those given, checked, and the preset's defaults for the rest.
 * @throws SimClustersError BAD_PARAM
 */
export function resolveParams<P extends Readonly<Record<string, ParamSpec>>>(
  specs: P,
  given: Readonly<Record<string, ParamValue | undefined>>,
  preset: PresetName,
): ParamsOf<P> {
  const resolved: Record<string, ParamValue> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name];
    resolved[name] = value === undefined ? defaultOf(spec, preset) : checkParam(name, spec, value);
  }
  return resolved as ParamsOf<P>;
}

/** @throws SimClustersError BAD_PARAM */
export function checkParam(name: string, spec: ParamSpec, value: ParamValue): ParamValue {
  const expected = expectation(spec, value);
  if (expected === undefined) return spec.type === 'text' ? String(value) : value;
  throw new SimClustersError('BAD_PARAM', {
    got: `--${flagName(name)} ${typeof value === 'number' ? value : JSON.stringify(value)}`,
    expected,
    todo: `See the help of --${flagName(name)}: ${spec.doc}`,
  });
}

/** What the value should have been; undefined when it is right. */
function expectation(spec: ParamSpec, value: ParamValue): string | undefined {
  switch (spec.type) {
    case 'integer':
    case 'number': {
      const isRight =
        typeof value === 'number' &&
        value >= spec.min &&
        value <= spec.max &&
        (spec.type === 'number' || Number.isInteger(value));
      return isRight
        ? undefined
        : `${spec.type === 'integer' ? 'a whole number' : 'a number'} ${range(spec)}`;
    }
    case 'choice':
      return spec.choices.includes(value as string) ? undefined : `one of ${spec.choices.join(', ')}`;
    case 'flag':
      return typeof value === 'boolean' ? undefined : 'true or false';
    case 'list':
      return Array.isArray(value) &&
        value.length > 0 &&
        value.every((entry) => typeof entry === 'string' && entry !== '')
        ? undefined
        : 'one value or more';
    default:
      return typeof value === 'string' || typeof value === 'number' ? undefined : 'a text';
  }
}

export function range({ min, max, unit }: NumberSpec): string {
  const bounds = max === Number.MAX_VALUE ? `of at least ${min}` : `from ${min} to ${max}`;
  return unit ? `${bounds} (${unit})` : bounds;
}

/** `maxEpochs` → `max-epochs` */
export function flagName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

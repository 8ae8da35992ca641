/** Command-line flags from the params of stages: name, type, default, bounds and help come from the one declaration. */
import type { Argv, Options } from 'yargs';
import { SimClustersError } from '../core/errors.ts';
import {
  checkParam,
  flagName,
  type ParamSpec,
  type ParamValue,
  presetNames,
  range,
} from '../stages/params.ts';
import type { GivenParams, Stage } from '../stages/stage.ts';

const yargsType = {
  integer: 'number',
  number: 'number',
  text: 'string',
  choice: 'string',
  flag: 'boolean',
  list: 'array',
} as const;

/** What has params: a stage, or a command that declares them the same way. */
export type Declaration = Pick<Stage, 'name' | 'params'>;

/** Those of the flags that stand on the command line, even where they say what goes without saying. */
export function givenOf(
  command: Argv,
  args: Readonly<Record<string, unknown>>,
  names: readonly string[],
): readonly string[] {
  // What the parser says beside the arguments; its declared type leaves this out.
  const { defaulted = {} } = command.parsed as { readonly defaulted?: Readonly<Record<string, boolean>> };
  return names.filter((name) => args[name] !== undefined && !defaulted[name]);
}

/** Adds the flags of these stages to a command, a group per stage. */
export function addStageFlags(command: Argv, stages: readonly Declaration[]): Argv {
  for (const stage of stages) {
    for (const [name, spec] of Object.entries(stage.params))
      command.option(flagName(name), flagOf(stage.name, spec));
  }
  return command;
}

function flagOf(group: string, spec: ParamSpec): Options {
  const option: Options = {
    group: `${group}:`,
    type: yargsType[spec.type],
    describe: `${spec.doc} ${notes(spec)}`.trim(),
    // For lists yargs would take `-` (stdin) for a flag; an empty list is refused below.
    requiresArg: spec.type !== 'flag' && spec.type !== 'list',
  };
  if (spec.type === 'choice') option.choices = spec.choices;
  if (spec.type === 'list') option.string = true;
  return option;
}

/** Bounds, default and source, in brackets. */
function notes(spec: ParamSpec): string {
  const bounds = spec.type === 'integer' || spec.type === 'number' ? range(spec) : undefined;
  const value = describeDefault(spec);
  return `[${[bounds, value && `default ${value}`, spec.source && `source ${spec.source}`].filter(Boolean).join('; ')}]`;
}

export function describeDefault(spec: ParamSpec): string {
  const value = spec.default;
  if (Array.isArray(value)) return value.join(' ');
  if (typeof value !== 'object') return String(value);
  const byPreset = value as Readonly<Record<string, unknown>>;
  const values = presetNames.map((preset) => byPreset[preset]);
  return presetNames.map((preset, i) => `${preset} ${values[i]}`).join(', ');
}

/**
 * The params among parsed arguments, checked.
 * @throws SimClustersError BAD_PARAM
 */
export function givenParams(
  args: Readonly<Record<string, unknown>>,
  stages: readonly Declaration[],
): GivenParams {
  const given: Record<string, ParamValue> = {};
  for (const stage of stages) {
    for (const [name, spec] of Object.entries(stage.params)) {
      const value = args[name];
      if (value === undefined) continue;
      given[name] = checkParam(name, spec, parsed(name, spec, value));
    }
  }
  return given;
}

function parsed(name: string, spec: ParamSpec, value: unknown): ParamValue {
  if (spec.type === 'list')
    return (value as unknown[]).flatMap((entry) => splitList(spec.isFiles === true, String(entry)));
  if (spec.type === 'text' && spec.modelArtifact && value === '') {
    throw new SimClustersError('BAD_PARAM', {
      got: `--${flagName(name)} ''`,
      expected: 'a model folder',
      todo: `Give one, or leave --${flagName(name)} out`,
    });
  }
  if (!Array.isArray(value)) return value as ParamValue;
  throw new SimClustersError('BAD_PARAM', {
    got: `--${flagName(name)} given ${value.length} times`,
    expected: 'once',
    todo: 'Keep one of them',
  });
}

/** Columns and verbs may be given as `a,b,c`; file names may hold commas. */
function splitList(isFiles: boolean, entry: string): string[] {
  return isFiles ? [entry] : entry.split(',').filter(Boolean);
}

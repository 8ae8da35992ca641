/**
 * Config files of sbf, the reference engine: a `key value` per line, `%` comments. Keys and defaults are sbf's; what comes
 * out are params of this package.
 */

import type { Proposal } from '../communities/options.ts';
import { quote, SimClustersError } from '../core/errors.ts';
import { openInput } from '../io/input-files.ts';
import { communityParams } from '../stages/community-params.ts';
import type { GivenParams } from '../stages/stage.ts';
import { type ReferenceKey, type ReferenceValues, referenceKeys } from './reference-keys.ts';

/** Files a config names, as it names them: relative to the current folder. */
export interface ReferenceFiles {
  readonly metisFile?: string;
  readonly initFromRowsFile?: string;
  /** Absent when there is a rows file, which goes first. Its number of lines replaces `numCommunities`. */
  readonly initFromColsFile?: string;
  readonly outputByRowsFile?: string;
  readonly outputByColsFile?: string;
  readonly outputRowsWithScoresFile?: string;
  /** Must not exist yet. */
  readonly clusterPrecisionFile?: string;
}

export interface ReferenceConfig {
  /** Params under the names of this package, sbf's defaults among them; `seed` only when the config has one. */
  readonly given: GivenParams;
  readonly files: ReferenceFiles;
  /** 0: as many as the machine offers. */
  readonly numThreads: number;
  /** What has another effect here than there, or none, each with its line where it has one. */
  readonly warnings: readonly string[];
}

const proposalNames: Readonly<Record<string, Proposal>> = {
  singleorzeromembershiplikelihood: 'single-or-zero',
  multiplemembershiplikelihood: 'multiple',
  fractionofneighbors: 'fraction-of-neighbors',
  fractionofneighborsandcluster: 'fraction-of-neighbors-and-cluster',
};

/** Errors: INPUT_MISSING, BAD_PARAM. */
export async function readReferenceConfig(file: string): Promise<ReferenceConfig> {
  const input = await openInput(file);
  const decoder = new TextDecoder();
  let text = '';
  try {
    for await (const chunk of input.chunks()) text += decoder.decode(chunk, { stream: true });
  } finally {
    await input.close();
  }
  return parseReferenceConfig(text + decoder.decode(), file);
}

/**
 * @param file  what errors call the text
 * @throws SimClustersError BAD_PARAM for a value of the wrong kind or out of range, with its line
 */
export function parseReferenceConfig(text: string, file: string): ReferenceConfig {
  const lines = new ConfigLines(file);
  text.split(/\r?\n/).forEach((line, at) => {
    lines.read(line, at + 1);
  });
  const { values, warnings } = lines;
  const files = filesOf(values, warnings);
  const { update, numThreads } = updateOf(values, warnings);
  noteDifferences(values, warnings);
  return {
    given: { ...samplerOf(values, warnings), ...postProcessingOf(values), update },
    files,
    numThreads,
    warnings: warnings.map(({ line, message }) => (line ? `${file}, line ${line}: ${message}` : message)),
  };
}

interface Warning {
  readonly line?: number;
  readonly message: string;
}

/** Values of a config, the defaults where it says nothing, and the lines they stand in. */
interface ConfigValues extends ReferenceValues {
  readonly lineOf: Partial<Record<ReferenceKey, number>>;
}

class ConfigLines {
  readonly warnings: Warning[] = [];
  readonly values: ConfigValues;

  constructor(private readonly file: string) {
    const defaults = Object.entries(referenceKeys).map(([key, { value }]) => [key, value]);
    this.values = { ...Object.fromEntries(defaults), lineOf: {} };
  }

  read(text: string, line: number): void {
    const [key, word, ...others] = text
      .replace(/^\ufeff/, '')
      .trim()
      .split(/\s+/);
    if (key === '' || key.startsWith('%')) return;
    if (!Object.hasOwn(referenceKeys, key)) {
      this.warnings.push({ line, message: `unknown key ${quote(key)}, left out` });
      return;
    }
    this.#set(key as ReferenceKey, word, line);
    if (others.length > 0)
      this.warnings.push({ line, message: `only the first word after ${key} counts: ${quote(word)}` });
  }

  #set(key: ReferenceKey, word: string | undefined, line: number): void {
    const { parse, expected } = referenceKeys[key];
    const value = word === undefined ? undefined : parse(word);
    if (value === undefined) {
      throw new SimClustersError('BAD_PARAM', {
        file: this.file,
        line,
        got: word === undefined ? `${key} without a value` : `${key} ${quote(word)}`,
        expected: `${key} and ${expected}`,
        todo: 'mend the line, or leave it out for the default',
      });
    }
    const { lineOf } = this.values;
    if (lineOf[key] !== undefined)
      this.warnings.push({ line, message: `${key} again; this line counts, not line ${lineOf[key]}` });
    lineOf[key] = line;
    Object.assign(this.values, { [key]: value });
  }
}

function filesOf(values: ConfigValues, warnings: Warning[]): ReferenceFiles {
  const names = [
    'metisFile',
    'initFromRowsFile',
    'initFromColsFile',
    'outputByRowsFile',
    'outputByColsFile',
    'outputRowsWithScoresFile',
    'clusterPrecisionFile',
  ] as const;
  const files = Object.fromEntries(names.filter((name) => values[name]).map((name) => [name, values[name]]));
  if (!files['initFromRowsFile'] || !files['initFromColsFile']) return files;
  const message = 'initFromColsFile has no effect beside initFromRowsFile';
  warnings.push({ line: values.lineOf.initFromColsFile, message });
  return { ...files, initFromColsFile: undefined };
}

function samplerOf(values: ConfigValues, warnings: Warning[]): GivenParams {
  return {
    numCommunities: values.K,
    wtCoeff: values.wtCoeff,
    scaleCoeff: values.scaleCoeff,
    maxEpochs: values.maxEpoch,
    runAllEpochs: values.runAllEpochs,
    eps: values.eps,
    proposal: proposalOf(values, warnings),
    maxMemberships: maxMembershipsOf(values, warnings),
    temperatureSchedule: values.useTemperatureSchedule,
    maxTemperature: values.maxTemperature,
    initialisation: initialisationOf(values),
    evaluateEvery: values.evalEvery,
    ...(values.randomSeed === undefined ? {} : { seed: values.randomSeed }),
  };
}

/** sbf always scales the columns of its scored rows. */
function postProcessingOf(values: ConfigValues): GivenParams {
  return {
    splitComponents: values.divideResultIntoConnectedComponents,
    removeWeakLinks: values.removeWeakLinksForConnectedComponents,
    minCommunitySize: Math.max(1, values.minClusterSize),
    normalizeColumns: values.outputRowsWithScoresFile !== '',
  };
}

/** As sbf does, an unknown name is the default with a warning. */
function proposalOf({ proposalStrategy, lineOf }: ConfigValues, warnings: Warning[]): string {
  const name = proposalStrategy.toLowerCase();
  if (Object.hasOwn(proposalNames, name)) return proposalNames[name];
  const message = `unknown proposalStrategy ${quote(proposalStrategy)}; SingleOrZeroMembershipLikelihood takes its place`;
  warnings.push({ line: lineOf.proposalStrategy, message });
  return 'single-or-zero';
}

function maxMembershipsOf({ maxMembershipsPerVertex: wanted, lineOf }: ConfigValues, warnings: Warning[]) {
  const { max } = communityParams.maxMemberships;
  if (wanted <= max) return wanted;
  const message = `maxMembershipsPerVertex ${wanted} is more than ${max}, the most there can be here; ${max} takes its place`;
  warnings.push({ line: lineOf.maxMembershipsPerVertex, message });
  return max;
}

function initialisationOf(values: ConfigValues): string {
  if (values.initFromRandomNeighborhood) return 'random-neighborhoods';
  if (values.initFromBestNeighborhood) return 'best-neighborhoods';
  return values.initFromNonoverlappingNeighborhood ? 'non-overlapping-neighborhoods' : 'random';
}

/** With one thread sbf is serial whatever the other keys say. */
function updateOf(
  { cpu, updateImmediately, noLocking, lineOf }: ConfigValues,
  warnings: Warning[],
): { update: string; numThreads: number } {
  if (cpu !== undefined && cpu <= 1) return { update: 'serial', numThreads: 1 };
  const numThreads = cpu ?? 0;
  if (!updateImmediately) return { update: 'deferred', numThreads };
  if (noLocking) {
    const message =
      'sbf updates without locks by default, and no two of its runs are alike; here moves are made in phases, with the same result on any number of threads';
    warnings.push({ line: lineOf.noLocking, message });
  }
  return { update: 'phases', numThreads };
}

function noteDifferences({ lineOf }: ConfigValues, warnings: Warning[]): void {
  const { evalRatio, useWeightCoeffForProposal } = lineOf;
  if (evalRatio)
    warnings.push({
      line: evalRatio,
      message: 'evalRatio is a share of the vertices in sbf; here samples have a fixed size',
    });
  if (useWeightCoeffForProposal)
    warnings.push({
      line: useWeightCoeffForProposal,
      message: 'useWeightCoeffForProposal has no effect, nor has it in sbf',
    });
}

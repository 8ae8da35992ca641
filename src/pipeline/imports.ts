/** Artifacts that a stage takes from another model, or from an earlier state of its own. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { SimClustersError } from '../core/errors.ts';
import type { ArtifactName } from '../stages/artifacts.ts';
import { flagName, type ParamValue } from '../stages/params.ts';
import type { Stage } from '../stages/stage.ts';
import type { InputRecord, Manifest, OutputRecord } from './manifest.ts';
import { openModel, outputsOf } from './model-folder.ts';

export interface ImportedArtifact {
  /** The param that names the model. */
  readonly param: string;
  readonly folder: string;
  readonly output: OutputRecord;
  /** As an input of the stage: its content counts, and not its place. */
  readonly input: InputRecord;
  /** It is what the stage wrote last time, which nothing else can make again. */
  readonly isKept: boolean;
}

interface OwnModel {
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The params of a stage that name a model folder, and are given. */
export function importingParams(stage: Stage, params: Readonly<Record<string, ParamValue>>): string[] {
  return Object.entries(stage.params)
    .filter(([name, spec]) => spec.type === 'text' && spec.modelArtifact !== undefined && params[name])
    .map(([name]) => name);
}

/**
 * What to take for a stage that copies it into its one artifact. Of another model: the artifact as it is there. Of the model being written: what the stage kept of it
 * last time, as long as all else it reads is what it was then; else the artifact as it is now, before it is replaced.
 * So running again changes nothing, a killed run goes on from the same, and changed inputs go one model further.
 * @param hashesRead of the artifacts the stage reads, as they are now
 * @throws SimClustersError NO_MODEL when there is nothing to take
 */
export function findImport(
  stage: Stage,
  param: string,
  folder: string,
  own: OwnModel,
  hashesRead: Readonly<Partial<Record<ArtifactName, string>>>,
): ImportedArtifact {
  const spec = stage.params[param];
  const name = (spec.type === 'text' && spec.modelArtifact) as ArtifactName;
  const isOwn = isSameFolder(folder, own.folder);
  const current = outputsOf(isOwn ? own.manifest : openModel(folder).manifest).get(name);
  const taken = current && { param, folder, output: current, input: inputOf(folder, current), isKept: false };
  const record = isOwn ? own.manifest.stages[stage.name] : undefined;
  const keptOutput = record?.outputs[stage.writes[0]];
  const kept = record &&
    keptOutput && {
      ...{ param, folder, output: keptOutput, isKept: true },
      // Imports come last. The copy is another file than what it was copied from.
      input: record.inputs[record.inputs.length - 1],
    };
  const isAsThen =
    record?.reads !== undefined && stage.reads.every((read) => record.reads?.[read] === hashesRead[read]);
  const found = isAsThen ? (kept ?? taken) : (taken ?? kept);
  if (found) return found;
  throw new SimClustersError('NO_MODEL', {
    file: folder,
    got: `--${flagName(param)} names a model without ${name}`,
    expected: `a model with ${name}`,
    todo: `Leave out --${flagName(param)} to begin anew, or name a model that has been built`,
  });
}

function inputOf(folder: string, { file, bytes, sha256 }: OutputRecord): InputRecord {
  return { file: join(folder, file), bytes, sha256 };
}

function isSameFolder(a: string, b: string): boolean {
  return existsSync(a) && existsSync(b) && realpathSync(a) === realpathSync(b);
}

/** manifest.json: what a model is made of and how it was made. */
import type { ArtifactName } from '../stages/artifacts.ts';
import type { ParamValue, PresetName } from '../stages/params.ts';
import type { StageReport } from '../stages/stage.ts';

export const MANIFEST_VERSION = 1;

export interface OutputRecord {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly numRows: number;
}

export interface InputRecord {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A finished stage, or one that had nothing to do (`skipped` says why). */
export interface StageRecord {
  /** Hash of everything the outputs depend on. */
  readonly key: string;
  readonly skipped?: string;
  readonly params: Readonly<Record<string, ParamValue>>;
  readonly inputs: readonly InputRecord[];
  /** Hashes of the artifacts of this model that were read; absent when there were none to read. */
  readonly reads?: Readonly<Partial<Record<ArtifactName, string>>>;
  readonly outputs: Readonly<Partial<Record<ArtifactName, OutputRecord>>>;
  readonly report: StageReport;
  readonly seconds: number;
  /** Highest memory of the process up to the end of the stage, bytes. */
  readonly peakRssBytes: number;
}

export interface Manifest {
  readonly format: 'simclusters-model';
  readonly manifestVersion: number;
  /** Version of the artifacts' columns. */
  readonly schemaVersion: string;
  readonly modelVersion: string;
  /** `complete` once every stage has run on these inputs. */
  readonly status: 'partial' | 'complete';
  readonly updatedAt: string;
  readonly codeVersion: string;
  readonly packageVersion: string;
  readonly wasmSha256: string;
  readonly seed: string;
  readonly numThreads: number;
  readonly preset: { readonly name: PresetName; readonly reason: string } | undefined;
  /** Params given by the user, over the preset's. */
  readonly given: Readonly<Record<string, ParamValue>>;
  readonly stages: Readonly<Record<string, StageRecord>>;
}

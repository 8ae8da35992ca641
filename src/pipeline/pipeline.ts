/**
 * The main job: runs the stages a target needs, in order. A stage whose inputs, params and code are what they were is
 * taken from disk; so a killed run goes on after its last whole stage, and a changed flag redoes only what it touches.
 */
import { SimClustersError } from '../core/errors.ts';
import { openEdgeFile } from '../io/edge-file.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { openKernels, readWasm } from '../kernels/open.ts';
import { type ArtifactName, SCHEMA_VERSION } from '../stages/artifacts.ts';
import { stages } from '../stages/index.ts';
import { type ParamValue, type PresetName, resolveParams } from '../stages/params.ts';
import {
  type Artifact,
  type GivenParams,
  input,
  type Stage,
  type StageReport,
  type StoredArtifact,
} from '../stages/stage.ts';
import { codeVersion, fingerprintInputs, sha256 } from './fingerprints.ts';
import { findImport, type ImportedArtifact, importingParams } from './imports.ts';
import {
  type InputRecord,
  MANIFEST_VERSION,
  type Manifest,
  type OutputRecord,
  type StageRecord,
} from './manifest.ts';
import {
  lockModel,
  openModel,
  outputsOf,
  readArtifact,
  readManifest,
  writeArtifact,
  writeManifest,
} from './model-folder.ts';
import { packageVersion } from './package-version.ts';
import { peakRssBytes } from './peak-memory.ts';
import { choosePreset, type PresetChoice } from './presets.ts';

export interface RunOptions {
  /** The model folder. */
  readonly folder: string;
  /** Params by name, over the preset's. */
  readonly given: GivenParams;
  /** Unset: chosen by the number of producers. */
  readonly preset?: PresetName;
  /** Name of the last stage wanted; unset: the whole job, without stages on demand. */
  readonly target?: string;
  readonly seed?: string;
  readonly modelVersion?: string;
  /** 0: as many as the machine offers. */
  readonly numThreads?: number;
  /** Bytes that the similarity stage keeps the process to; rows that do not fit lie in a temporary file meanwhile. */
  readonly maxMemoryBytes?: number;
  /** Runs every stage even if its outputs are there. */
  readonly force?: boolean;
  readonly onEvent?: (event: RunEvent) => void;
}

export type RunEvent =
  | {
      type: 'run-start';
      folder: string;
      numThreads: number;
      stages: readonly { name: string; summary: string }[];
    }
  | { type: 'preset'; name: PresetName; reason: string }
  | { type: 'stage-start'; name: string; reason: string }
  | { type: 'stage-progress'; name: string; fraction: number }
  | { type: 'stage-log'; name: string; line: string }
  | { type: 'stage-end'; name: string; seconds: number; peakRssBytes: number; report: StageReport }
  | { type: 'stage-reuse'; name: string; report: StageReport }
  | { type: 'stage-skip'; name: string; reason: string }
  | { type: 'run-end'; folder: string; seconds: number; peakRssBytes: number };

/** @throws SimClustersError of any stage; outputs of the stages before it are kept */
export async function runPipeline(options: RunOptions): Promise<Manifest> {
  const kernels = openKernels({ numThreads: options.numThreads });
  let unlock: (() => void) | undefined;
  try {
    unlock = lockModel(options.folder);
    return await new Run(options, kernels).toTheEnd();
  } finally {
    await kernels.close();
    unlock?.();
  }
}

/** The stages that `target` needs, in running order; when it is unset, all but those on demand. */
export function stagesFor(target?: string): Stage[] {
  if (target === undefined) return stages.filter(({ isOnDemand }) => !isOnDemand);
  if (!stages.some(({ name }) => name === target)) {
    throw new SimClustersError('BAD_PARAM', {
      got: `stage ${target}`,
      expected: `one of ${stages.map(({ name }) => name).join(', ')}`,
      todo: 'See `simclusters --help`',
    });
  }
  const needed = new Set<Stage>();
  const visit = (stage: Stage): void => {
    needed.add(stage);
    const reads = new Set<ArtifactName>([...stage.reads, ...stage.readsIfPresent]);
    for (const other of stages)
      if (!needed.has(other) && other.writes.some((name) => reads.has(name))) visit(other);
  };
  visit(stages.find(({ name }) => name === target) as Stage);
  return stages.filter((stage) => needed.has(stage));
}

/** One run: what is known of the model so far, and the artifacts later stages will read. */
class Run {
  readonly #options: RunOptions;
  readonly #kernels: Kernels;
  readonly #planned: readonly Stage[];
  readonly #cache = new Map<ArtifactName, Artifact>();
  #manifest: Manifest;
  #preset: PresetChoice | undefined;
  readonly #wasComplete: boolean;
  /** Has a stage of the whole job been made anew? Then the others may be stale. */
  #isRemade = false;

  constructor(options: RunOptions, kernels: Kernels) {
    this.#options = options;
    this.#kernels = kernels;
    this.#planned = stagesFor(options.target);
    const previous = readManifest(options.folder);
    if (options.preset)
      this.#preset =
        previous?.preset?.name === options.preset
          ? previous.preset
          : { name: options.preset, reason: '--preset' };
    this.#wasComplete = previous?.status === 'complete';
    this.#manifest = this.#freshManifest(previous);
  }

  async toTheEnd(): Promise<Manifest> {
    const began = performance.now();
    const { folder } = this.#options;
    const names = this.#planned.map(({ name, summary }) => ({ name, summary }));
    this.#emit({ type: 'run-start', folder, numThreads: this.#kernels.numThreads, stages: names });
    // A wrong folder is told now, and not when its turn comes.
    for (const stage of this.#planned) this.#findImports(stage, withoutUndefined(this.#options.given));
    for (const [place, stage] of this.#planned.entries()) {
      await this.#bringUpToDate(stage);
      if (!this.#preset) this.#choosePreset();
      this.#forgetUnread(this.#planned.slice(place + 1));
    }
    const isWhole = this.#options.target === undefined || (this.#wasComplete && !this.#isRemade);
    if (isWhole) await this.#save({ status: 'complete' });
    this.#emit({ type: 'run-end', folder, seconds: secondsSince(began), peakRssBytes: peakRssBytes() });
    return this.#manifest;
  }

  #freshManifest(previous: Manifest | undefined): Manifest {
    const { given, seed = '1', modelVersion = 'model-1' } = this.#options;
    const wasmSha256 = sha256(readWasm('core.threads.wasm'));
    return {
      format: 'simclusters-model',
      manifestVersion: MANIFEST_VERSION,
      schemaVersion: SCHEMA_VERSION,
      modelVersion,
      status: 'partial',
      updatedAt: new Date().toISOString(),
      codeVersion: codeVersion(wasmSha256),
      packageVersion: packageVersion(),
      wasmSha256,
      seed,
      numThreads: this.#kernels.numThreads,
      preset: this.#preset,
      given: withoutUndefined(given),
      stages: previous?.stages ?? {},
    };
  }

  async #bringUpToDate(stage: Stage): Promise<void> {
    const params = resolveParams(stage.params, this.#options.given, this.#preset?.name ?? 'small');
    const outputs = outputsOf(this.#manifest);
    const skipped = stage.notApplicable(params as never, new Set(outputs.keys()));
    if (skipped !== undefined) {
      this.#emit({ type: 'stage-skip', name: stage.name, reason: skipped });
      await this.#record(stage.name, { ...emptyRecord, params, skipped });
      return;
    }
    const imports = this.#findImports(stage, params);
    const inputs = [...(await this.#fingerprintInputs(stage, params)), ...imports.map(({ input }) => input)];
    const key = this.#keyOf(stage, params, inputs);
    const previous = this.#manifest.stages[stage.name];
    const isUpToDate =
      (previous?.key === key && !this.#options.force) || imports.some(({ isKept }) => isKept);
    if (previous && isUpToDate && this.#isWhole(previous)) {
      this.#emit({ type: 'stage-reuse', name: stage.name, report: previous.report });
      return;
    }
    this.#emit({ type: 'stage-start', name: stage.name, reason: staleness(previous, key) });
    await this.#runStage(stage, params, { inputs, imports, key });
  }

  async #runStage(
    stage: Stage,
    params: Record<string, ParamValue>,
    { inputs, imports, key }: { inputs: InputRecord[]; imports: readonly ImportedArtifact[]; key: string },
  ): Promise<void> {
    const began = performance.now();
    this.#isRemade ||= !stage.isOnDemand;
    const imported = Object.fromEntries(
      imports.map(({ param, folder, output }) => [param, readArtifact(folder, output)]),
    );
    // From here on the old outputs no longer count, whatever happens.
    await this.#record(stage.name, undefined);
    const { folder, maxMemoryBytes } = this.#options;
    // What later stages read is read again: the allowance is for what this one needs.
    if (maxMemoryBytes !== undefined) this.#forgetAllBut(artifactsRead(stage, params));
    const {
      artifacts,
      stored = {},
      report,
    } = await stage.run(this.#load(stage, params), params as never, {
      kernels: this.#kernels,
      memory:
        maxMemoryBytes === undefined
          ? undefined
          : { bytes: maxMemoryBytes, openStore: (name) => openEdgeFile(folder, name) },
      seed: this.#manifest.seed,
      imported,
      onProgress: (fraction) => this.#emit({ type: 'stage-progress', name: stage.name, fraction }),
      log: (line) => this.#emit({ type: 'stage-log', name: stage.name, line }),
    });
    const outputs: Partial<Record<ArtifactName, OutputRecord>> = {};
    for (const [name, artifact] of Object.entries(artifacts) as [ArtifactName, Artifact][]) {
      this.#cache.set(name, artifact);
      outputs[name] = await writeArtifact(folder, name, artifact);
    }
    for (const [name, artifact] of Object.entries(stored) as [ArtifactName, StoredArtifact][]) {
      outputs[name] = await writeArtifact(folder, name, artifact).finally(artifact.release);
    }
    const seconds = secondsSince(began);
    const reads = Object.fromEntries(this.#hashesRead(stage, params));
    const record = { key, params, inputs, reads, outputs, report, seconds, peakRssBytes: peakRssBytes() };
    await this.#record(stage.name, record);
    this.#emit({ type: 'stage-end', name: stage.name, seconds, peakRssBytes: record.peakRssBytes, report });
  }

  async #fingerprintInputs(stage: Stage, params: Record<string, ParamValue>): Promise<InputRecord[]> {
    const lists = Object.entries(stage.params).filter(([, spec]) => spec.type === 'list' && spec.isFiles);
    const records = await Promise.all(
      lists.map(([name]) => fingerprintInputs(params[name] as readonly string[])),
    );
    return records.flat();
  }

  #findImports(stage: Stage, params: Readonly<Record<string, ParamValue>>): ImportedArtifact[] {
    const own = { folder: this.#options.folder, manifest: this.#manifest };
    return importingParams(stage, params).map((param) =>
      findImport(
        stage,
        param,
        String(params[param]),
        own,
        Object.fromEntries(this.#hashesRead(stage, params)),
      ),
    );
  }

  /** What there is of the artifacts a stage reads. */
  #hashesRead(stage: Stage, params: GivenParams): [ArtifactName, string][] {
    const outputs = outputsOf(this.#manifest);
    return artifactsRead(stage, params).flatMap((name) => {
      const output = outputs.get(name);
      return output ? [[name, output.sha256] as [ArtifactName, string]] : [];
    });
  }

  /** Everything the outputs depend on. Where input files and models lie does not count, what they hold does. */
  #keyOf(stage: Stage, params: Record<string, ParamValue>, inputs: readonly InputRecord[]): string {
    const outputs = outputsOf(this.#manifest);
    const settings = Object.entries(params).filter(([name]) => {
      const spec = stage.params[name];
      return !(spec.type === 'list' && spec.isFiles) && !(spec.type === 'text' && spec.modelArtifact);
    });
    const artifacts = artifactsRead(stage, params).map((name) => [name, outputs.get(name)?.sha256]);
    const { codeVersion, seed } = this.#manifest;
    return sha256(
      JSON.stringify([
        stage.name,
        codeVersion,
        stage.usesSeed(params as never) && seed,
        settings,
        inputs.map((i) => i.sha256),
        artifacts,
      ]),
    );
  }

  /** Are the outputs readable as recorded? Reading them is what the next stages need anyway. */
  #isWhole(record: StageRecord): boolean {
    try {
      for (const [name, output] of Object.entries(record.outputs)) {
        this.#cache.set(name as ArtifactName, readArtifact(this.#options.folder, output));
      }
      return true;
    } catch (error) {
      if (error instanceof SimClustersError) return false;
      throw error;
    }
  }

  #load(stage: Stage, params: GivenParams): Partial<Record<ArtifactName, Artifact>> {
    const outputs = outputsOf(this.#manifest);
    const loaded: Partial<Record<ArtifactName, Artifact>> = {};
    for (const name of artifactsRead(stage, params)) {
      const record = outputs.get(name);
      if (record) loaded[name] = this.#cache.get(name) ?? readArtifact(this.#options.folder, record);
    }
    for (const name of stage.reads) input(loaded, name);
    return loaded;
  }

  #forgetUnread(rest: readonly Stage[]): void {
    this.#forgetAllBut(rest.flatMap((stage) => [...stage.reads, ...stage.readsIfPresent]));
  }

  #forgetAllBut(names: readonly ArtifactName[]): void {
    const wanted = new Set(names);
    for (const name of this.#cache.keys()) if (!wanted.has(name)) this.#cache.delete(name);
  }

  #choosePreset(): void {
    const record = this.#manifest.stages['follow-graph'];
    if (!record) return;
    this.#preset = choosePreset(Number(record.report['numProducers']));
    this.#manifest = { ...this.#manifest, preset: this.#preset };
    this.#emit({ type: 'preset', ...this.#preset });
  }

  async #record(name: string, record: StageRecord | undefined): Promise<void> {
    const { [name]: _, ...others } = this.#manifest.stages;
    await this.#save({ stages: record ? { ...others, [name]: record } : others });
  }

  async #save(changes: Partial<Manifest>): Promise<void> {
    this.#manifest = { ...this.#manifest, ...changes, updatedAt: new Date().toISOString() };
    await writeManifest(this.#options.folder, this.#manifest);
  }

  #emit(event: RunEvent): void {
    this.#options.onEvent?.(event);
  }
}

/**
 * What was given to a model when it was built, so that a single stage can be run again with the rest as it was.
 * @throws SimClustersError NO_MODEL
 */
export function givenBefore(folder: string): { given: GivenParams; preset?: PresetName; seed: string } {
  const { manifest } = openModel(folder);
  return { given: manifest.given, preset: manifest.preset?.name, seed: manifest.seed };
}

const emptyRecord: Omit<StageRecord, 'params'> = {
  key: '',
  inputs: [],
  outputs: {},
  report: {},
  seconds: 0,
  peakRssBytes: 0,
};

/** What counts of the artifacts a stage reads under these params. */
function artifactsRead(stage: Stage, params: GivenParams): ArtifactName[] {
  return [...stage.reads, ...stage.readsIfPresent].filter((name) => !stage.ignores(name, params as never));
}

function staleness(previous: StageRecord | undefined, key: string): string {
  if (!previous) return 'not built yet';
  return previous.key === key ? 'asked for, or its outputs are damaged' : 'inputs, params or code changed';
}

function withoutUndefined(given: GivenParams): Record<string, ParamValue> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Record<
    string,
    ParamValue
  >;
}

function secondsSince(began: number): number {
  return (performance.now() - began) / 1000;
}

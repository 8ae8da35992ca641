/**
 * The sweep of twitter/sbf, the original in Java, from the same start and with the same settings as ours. Its jar:
 *   git clone https://github.com/twitter/sbf && cd sbf && mvn package -DskipTests -Dmaven.javadoc.skip=true
 * makes target/sbf-1.0.0.jar, with all that it needs; a class path with com.twitter.sbf.app.Main on it does as well.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { SamplerOptions } from '../../src/communities/options.ts';
import type { Csr } from '../../src/core/csr.ts';
import { communitiesOf, type Memberships } from '../../src/core/memberships.ts';
import { metisPieces } from '../../src/io/graph-text.ts';
import { mean, type TimedEpochs } from './epochs.ts';

export interface SbfTask {
  /** For its files. */
  readonly folder: string;
  readonly graph: Csr;
  readonly start: Memberships;
  readonly options: SamplerOptions;
  readonly numEpochs: number;
}

export interface SbfSweep extends TimedEpochs {
  /** Edge F1 after the last epoch of the last run, by sbf's own sample. */
  readonly f1: () => number;
}

/** A round is a process of its own, its time that of the mean epoch by sbf's own clock. */
export function sbfSweep(classPath: string, task: SbfTask): SbfSweep {
  const config = writeTask(task);
  const runs: number[][] = [];
  let f1 = Number.NaN;
  return {
    runs,
    f1: () => f1,
    contender: {
      name: 'sbf (Java, 2 threads)',
      async run() {
        const epochs = readLog(runJava(classPath, config), task.numEpochs);
        f1 = epochs[epochs.length - 1].f1;
        runs.push(epochs.map(({ seconds }) => seconds));
        return mean(runs[runs.length - 1]);
      },
    },
  };
}

/** Path of a config file. Post-processing is off, and metrics are taken at the start and the end alone. */
function writeTask({ folder, graph, start, options, numEpochs }: SbfTask): string {
  const [metisFile, rowsFile, config] = ['sbf.metis', 'sbf.rows', 'sbf.config'].map((f) => join(folder, f));
  const file = openSync(metisFile, 'w');
  for (const piece of metisPieces(graph)) writeSync(file, piece);
  closeSync(file);
  const rows = Array.from({ length: start.numVertices }, (_, v) =>
    Array.from(communitiesOf(start, v), (community) => community + 1).join(' '),
  );
  writeFileSync(rowsFile, `${rows.join('\n')}\n`);
  const values = {
    cpu: 2,
    K: start.numCommunities,
    wtCoeff: options.wtCoeff,
    scaleCoeff: options.scaleCoeff,
    proposalStrategy: 'SingleOrZeroMembershipLikelihood',
    maxEpoch: numEpochs,
    runAllEpochs: true,
    evalEvery: numEpochs,
    divideResultIntoConnectedComponents: false,
    minClusterSize: 1,
    metisFile,
    initFromRowsFile: rowsFile,
  };
  const lines = Object.entries(values).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(config, lines.join(''));
  return config;
}

/** What it logs. Moves that two threads garble end in an exception that is logged and otherwise passed over. @throws then too */
function runJava(classPath: string, config: string): string {
  const command = ['-Duser.language=en', '-cp', classPath, 'com.twitter.sbf.app.Main', config];
  const { status, stderr, error } = spawnSync('java', command, { encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0 || stderr.includes('Exception')) throw new Error(`java ${command.join(' ')}:\n${stderr}`);
  return stderr;
}

/** The lines of epochs 1, 2, … under the line that names their columns. */
function readLog(log: string, numEpochs: number): { seconds: number; f1: number }[] {
  const lines = log.split('\n').map((line) => line.trim().split(/\s+/));
  const names = lines.find((words) => words.includes('totalSec'));
  const found = lines.filter((words) => words.length === names?.length && Number(words[0]) > 0);
  if (!names || found.length !== numEpochs)
    throw new Error(`sbf logs ${found.length} epochs, ${numEpochs} expected:\n${log}`);
  const value = (words: string[], name: string) => Number(words[names.indexOf(name)]);
  return found.map((words) => ({ seconds: value(words, 'totalSec'), f1: value(words, 'f1') / 100 }));
}

/** Runs of several epochs whose epochs are timed one by one, and one such contender against others. */
import { type Contender, median } from '../medians.ts';

export interface TimedEpochs {
  /** A round's time is that of its mean epoch. */
  readonly contender: Contender;
  /** Seconds of the epochs of every run so far; the first run warms up. */
  readonly runs: readonly (readonly number[])[];
}

export interface EpochTimes {
  /** Medians over the rounds, in seconds. */
  readonly theirs: number;
  readonly ours: number;
  /** Median over the rounds of theirs by ours. */
  readonly ratio: number;
}

export const mean = (seconds: readonly number[]): number =>
  seconds.reduce((sum, time) => sum + time, 0) / seconds.length;

/** Of rounds that were interleaved. Ours are in each round those of the contender with the shorter mean epoch. */
export function compareEpochs(
  theirs: TimedEpochs,
  ours: readonly TimedEpochs[],
): { mean: EpochTimes; first: EpochTimes; later: EpochTimes } {
  const rounds = theirs.runs.slice(1).map((run, i) => ({
    theirs: run,
    ours: ours.map(({ runs }) => runs[i + 1]).reduce((a, b) => (mean(b) < mean(a) ? b : a)),
  }));
  const compare = (timeOf: (run: readonly number[]) => number): EpochTimes => ({
    theirs: median(rounds.map((round) => timeOf(round.theirs))),
    ours: median(rounds.map((round) => timeOf(round.ours))),
    ratio: median(rounds.map((round) => timeOf(round.theirs) / timeOf(round.ours))),
  });
  return {
    mean: compare(mean),
    first: compare((run) => run[0]),
    later: compare((run) => mean(run.slice(1))),
  };
}

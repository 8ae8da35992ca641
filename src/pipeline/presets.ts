/** Which preset fits a graph. The original's thresholds suit 10⁷ producers and would empty a small graph. */
import type { PresetName } from '../stages/params.ts';

export interface PresetChoice {
  readonly name: PresetName;
  readonly reason: string;
}

const WEB_FROM = 100_000;
const TWITTER_FROM = 5_000_000;

export function choosePreset(numProducers: number): PresetChoice {
  const producers = numProducers.toLocaleString('en-US');
  if (numProducers < WEB_FROM)
    return {
      name: 'small',
      reason: `${producers} producers, fewer than ${WEB_FROM.toLocaleString('en-US')}`,
    };
  if (numProducers < TWITTER_FROM) {
    return {
      name: 'web',
      reason: `${producers} producers, fewer than ${TWITTER_FROM.toLocaleString('en-US')}`,
    };
  }
  return { name: 'twitter', reason: `${producers} producers` };
}

/** The bundled example: which subreddits link to which domains, and when (see src/example/README.md). */
import { fileURLToPath } from 'node:url';
import type { GivenParams } from '../stages/stage.ts';

const fileOf = (name: string) => [fileURLToPath(new URL(`../example/${name}`, import.meta.url))];

/** Params of the example; what the user gives stands over them. */
export function exampleParams(): GivenParams {
  return {
    follows: fileOf('follows.tsv.gz'),
    engagements: fileOf('engagements.tsv.gz'),
    topicFollows: fileOf('topic-follows.tsv.gz'),
    itemTopics: fileOf('item-topics.tsv.gz'),
    // Fewer and larger communities than rank best, for people to read.
    similarityTopK: 20,
    producersPerCommunity: 25,
    wtCoeff: 10,
    // Links to a domain are news for days, not for hours.
    tweetHalfLifeHours: 48,
  };
}

/** Candidates as text, a consumer at a time. */
import { shortestDecimal } from '../core/float-text.ts';
import type { ConsumerCandidates } from './recommend-run.ts';

const columns = [
  'consumerId',
  'rank',
  'producerId',
  'score',
  'clusterId',
  'clusterName',
  'clusterShare',
  'followedProducerId',
  'followedShare',
];

/** A line per candidate under a header; of the reasons the first community and the first followed producer. */
export function* candidateTsv(all: Iterable<ConsumerCandidates>): Generator<Uint8Array> {
  yield Buffer.from(`${columns.join('\t')}\n`);
  for (const { consumerId, candidates } of all) {
    const lines = candidates.map(({ producerId, score, communities, producers }, i) => {
      const [community] = communities;
      const [followed] = producers;
      const cells = [
        escapeCell(consumerId),
        i + 1,
        escapeCell(producerId),
        shortestDecimal(score),
        ...(community
          ? [community.clusterId, escapeCell(community.name), community.share.toFixed(4)]
          : ['', '', '']),
        ...(followed ? [escapeCell(followed.producerId), followed.share.toFixed(4)] : ['', '']),
      ];
      return `${cells.join('\t')}\n`;
    });
    yield Buffer.from(lines.join(''));
  }
}

/** A JSON object per consumer. */
export function* candidateNdjson(all: Iterable<ConsumerCandidates>): Generator<Uint8Array> {
  for (const consumer of all) {
    const candidates = consumer.candidates.map((candidate) => ({
      ...candidate,
      score: shortestDecimal(candidate.score),
    }));
    yield Buffer.from(`${JSON.stringify({ ...consumer, candidates })}\n`);
  }
}

/** As in exported artifacts. */
function escapeCell(text: string): string {
  const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };
  return text.replace(/[\\\t\n\r]/g, (letter) => escapes[letter]);
}

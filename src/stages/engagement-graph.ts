import { quote, SimClustersError } from '../core/errors.ts';
import { NO_PLACE, placesIn } from '../core/ids.ts';
import { buildEngagementGraph, type TimedActions } from '../graph/engagement-graph.ts';
import type { EventInput } from '../io/edge-input.ts';
import { readEvents } from '../io/event-reader.ts';
import { timeExpected, timeOfNumber, timeOfText } from '../io/event-time.ts';
import { actionKind } from '../kernels/abi.ts';
import { choice, list, number, text } from './params.ts';
import {
  type Artifact,
  defineStage,
  idsOf,
  input,
  logBadRows,
  matrixArtifact,
  matrixOf,
  matrixReport,
  namedIds,
} from './stage.ts';

const DAY_MS = 86_400_000;

export const engagementGraph = defineStage({
  name: 'engagement-graph',
  summary: 'Sum favs per consumer and producer, decayed to now',
  reads: ['followGraph', 'producers'],
  writes: ['engagementGraph', 'items', 'engagements'],
  params: {
    engagements: list('Files of engagements (time, user, item, verb[, author]), delimited or NDJSON', [], {
      isFiles: true,
    }),
    engagementsColumns: list(
      'Columns of --engagements: time, user, item[, verb[, author]], by name or position',
      [],
    ),
    engagementsHeader: choice('Whether --engagements has a header line', ['auto', 'yes', 'no'], 'auto'),
    engagementsBadRows: choice('What to do with engagements that cannot be read', ['stop', 'skip'], 'stop'),
    favVerbs: list('Verbs that count as a fav', ['fav', 'favorite', 'like']),
    unfavVerbs: list('Verbs that take a fav back', ['unfav', 'unfavorite', 'unlike']),
    favHalfLifeDays: number('Half-life of favs between consumer and producer', 100, {
      min: 1e-6,
      unit: 'days',
      source: 'UserUserFavGraph',
    }),
    minScoreToKeep: number('Decayed sums below this are dropped', 1e-5, { source: 'UserUserFavGraph' }),
    now: text(
      'Time to decay to: ISO 8601 (UTC), seconds or ms since 1970, or `latest` for that of the last event',
      'latest',
    ),
  },
  notApplicable: ({ engagements }) => (engagements.length === 0 ? 'no --engagements' : undefined),
  async run(artifacts, params, { kernels, onProgress, log }) {
    const givenNow = params.now === 'latest' ? undefined : parseNow(params.now);
    const followGraph = matrixOf(input(artifacts, 'followGraph'), 'producerIndex');
    const consumerIds = idsOf(input(artifacts, 'followGraph'), 'consumerId');
    const producerIds = idsOf(input(artifacts, 'producers'), 'producerId');
    const events = await readEvents({
      files: params.engagements,
      columns: params.engagementsColumns.length > 0 ? params.engagementsColumns : undefined,
      header: params.engagementsHeader,
      badRows: params.engagementsBadRows,
      onProgress: (read, total) => onProgress(total === 0 ? 0 : (0.7 * read) / total),
    });
    logBadRows(events.report, log);
    const kinds = kindsOfVerbs(events.verbs, params.favVerbs, params.unfavVerbs);
    const consumerOf = placesIn(consumerIds, events.userIds);
    const producerOf = placesIn(producerIds, events.authorIds);
    const known = selectEvents(
      events,
      (e) => kinds[events.verbOf[e]] !== actionKind.other && consumerOf[events.users[e]] !== NO_PLACE,
    );
    const ofProducers = known.filter((e) => producerOf[events.authors[e]] !== NO_PLACE);
    const nowMs = givenNow ?? latestTime(events, known);
    const graph = await buildEngagementGraph(
      kernels,
      actionsOf(events, ofProducers, consumerOf, kinds, nowMs),
      ofProducers.map((e) => producerOf[events.authors[e]]),
      followGraph.numRows,
      followGraph.numCols,
      { halfLifeMs: params.favHalfLifeDays * DAY_MS, nowMs, minScoreToKeep: params.minScoreToKeep },
    );
    const favs = known.filter((e) => kinds[events.verbOf[e]] === actionKind.fav);
    const dropped = events.numEvents - known.length;
    if (dropped > 0)
      log(`${dropped} of ${events.numEvents} events left aside: other verbs, or users who follow nobody`);
    return {
      artifacts: {
        engagementGraph: matrixArtifact(namedIds('consumerId', consumerIds), graph, 'producerIndex', {
          fav: graph.data as Float32Array,
        }),
        items: itemsArtifact(events, favs, producerOf),
        engagements: {
          table: {
            numRows: favs.length,
            columns: {
              timeMs: { kind: 'scalar', values: Float64Array.from(favs, (e) => events.timesMs[e]) },
              consumerIndex: { kind: 'scalar', values: favs.map((e) => consumerOf[events.users[e]]) },
              itemIndex: { kind: 'scalar', values: favs.map((e) => events.items[e]) },
            },
          },
          attributes: { nowMs: String(nowMs) },
        },
      },
      report: {
        ...matrixReport(graph),
        numEvents: events.numEvents,
        numFavs: favs.length,
        numEventsLeftAside: dropped,
        numEventsOfUnknownAuthors: known.length - ofProducers.length,
        numItems: events.itemIds.size,
        now: Number.isFinite(nowMs) ? new Date(nowMs).toISOString() : undefined,
        input: events.report,
      },
    };
  },
});

function parseNow(text: string): number {
  const nowMs = /^\d+$/.test(text) ? timeOfNumber(Number(text)) : timeOfText(text);
  if (!Number.isNaN(nowMs)) return nowMs;
  throw new SimClustersError('BAD_PARAM', {
    got: `--now ${quote(text)}`,
    expected: timeExpected,
    todo: 'Give such a time, or `latest` for that of the last event',
  });
}

/** `actionKind` of each verb. */
function kindsOfVerbs(
  verbs: readonly string[],
  favVerbs: readonly string[],
  unfavVerbs: readonly string[],
): number[] {
  return verbs.map((verb) => {
    const word = verb.toLowerCase();
    return favVerbs.includes(word)
      ? actionKind.fav
      : unfavVerbs.includes(word)
        ? actionKind.unfav
        : actionKind.other;
  });
}

/** Numbers of the events that pass, in order of time; events of the same time keep the order of the input. */
function selectEvents(events: EventInput, passes: (event: number) => boolean): Uint32Array {
  const numbers = Uint32Array.from({ length: events.numEvents }, (_, e) => e).filter(passes);
  const { timesMs } = events;
  const isSorted = numbers.every((e, i) => i === 0 || timesMs[numbers[i - 1]] <= timesMs[e]);
  return isSorted ? numbers : numbers.sort((a, b) => timesMs[a] - timesMs[b] || a - b);
}

function latestTime({ timesMs }: EventInput, events: Uint32Array): number {
  return events.length === 0 ? 0 : timesMs[events[events.length - 1]];
}

function actionsOf(
  events: EventInput,
  numbers: Uint32Array,
  consumerOf: Uint32Array,
  kinds: readonly number[],
  nowMs: number,
): TimedActions {
  return {
    // What lies after `now` counts as of now, as the original clips to the end of its window.
    timesMs: Float64Array.from(numbers, (e) => Math.min(events.timesMs[e], nowMs)),
    users: numbers.map((e) => consumerOf[events.users[e]]),
    items: numbers.map((e) => events.items[e]),
    kinds: numbers.map((e) => kinds[events.verbOf[e]]),
  };
}

function itemsArtifact(events: EventInput, favs: Uint32Array, producerOf: Uint32Array): Artifact {
  const numItems = events.itemIds.size;
  const author = new Uint32Array(numItems).fill(NO_PLACE);
  const firstEventTimeMs = new Float64Array(numItems).fill(Number.POSITIVE_INFINITY);
  const numEvents = new Uint32Array(numItems);
  for (const e of favs) {
    const item = events.items[e];
    author[item] = producerOf[events.authors[e]];
    firstEventTimeMs[item] = Math.min(firstEventTimeMs[item], events.timesMs[e]);
    numEvents[item]++;
  }
  return {
    table: {
      numRows: numItems,
      columns: {
        itemId: namedIds('itemId', events.itemIds).column,
        authorProducerIndex: { kind: 'scalar', values: author },
        firstEventTimeMs: {
          kind: 'scalar',
          values: firstEventTimeMs.map((time) => (Number.isFinite(time) ? time : Number.NaN)),
        },
        numEvents: { kind: 'scalar', values: numEvents },
      },
    },
    attributes: {},
  };
}

/** What is learnt from and what is held out: files as given, or files made by a split of them. */
import { join } from 'node:path';
import { type IdTable, NO_PLACE, placesIn } from '../core/ids.ts';
import type { StringColumn } from '../core/table.ts';
import type { TestFollows } from '../evaluate/ranking-quality.ts';
import { distinctFollows, type Follows, type SplitKind, splitFollows } from '../evaluate/split.ts';
import { writeFileAtomically } from '../io/atomic-file.ts';
import { readEdges } from '../io/edge-reader.ts';
import { readEvents } from '../io/event-reader.ts';
import { encodeTable } from '../io/parquet-writer.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { buildCsr } from '../kernels/sparse.ts';
import type { EvaluateArgs } from './evaluate-recommend-command.ts';

/** Follows with the ids of both sides. */
interface NamedFollows extends Follows {
  readonly weights?: Float32Array;
  readonly consumerIds: IdTable;
  readonly producerIds: IdTable;
}

export interface Split {
  readonly trainFiles: readonly string[];
  readonly trainFormat: EvaluateArgs['format'];
  readonly trainColumns?: readonly string[];
  readonly held: NamedFollows;
}

/** @param folder  where a training file goes that has to be made */
export async function prepareSplit(args: EvaluateArgs, folder: string): Promise<Split> {
  const { train, format, columns, split, share, validation, test } = args;
  const seed = args.seed ?? '1';
  if (!split && validation === 0) {
    const held = await readFollows(test as string[], args);
    return { trainFiles: train, trainFormat: format, trainColumns: columns, held };
  }
  let follows = await readFollows(train, args, split);
  let held = follows;
  const cut = (kind: SplitKind, part: number, purpose: string) => {
    const isHeld = splitFollows(follows, { kind, share: part, seed: purpose });
    held = pick(follows, (i) => isHeld[i] === 1);
    follows = pick(follows, (i) => isHeld[i] === 0);
  };
  if (split) cut(split, share, seed);
  if (validation > 0) cut('random', validation, `${seed}/validation`);
  const file = join(folder, 'train.parquet');
  await writeFileAtomically(file, encodeTable(followTable(follows), {}));
  return { trainFiles: [file], trainFormat: 'parquet', held };
}

async function readFollows(
  files: readonly string[],
  { format, columns }: EvaluateArgs,
  split?: SplitKind,
): Promise<NamedFollows> {
  if (split && split !== 'random') {
    const events = await readEvents({ files, columns });
    const { users: consumers, items: producers, timesMs: times } = events;
    return distinct({
      consumers,
      producers,
      times,
      consumerIds: events.userIds,
      producerIds: events.itemIds,
    });
  }
  return distinct(await readEdges({ files, format, columns, selfFollows: 'keep' }));
}

function distinct(follows: NamedFollows): NamedFollows {
  const places = distinctFollows(follows);
  return places.length === follows.consumers.length ? follows : at(follows, places);
}

function pick(follows: NamedFollows, isWanted: (i: number) => boolean): NamedFollows {
  return at(follows, Uint32Array.from({ length: follows.consumers.length }, (_, i) => i).filter(isWanted));
}

function at(follows: NamedFollows, places: Uint32Array): NamedFollows {
  const { consumers, producers, times, weights } = follows;
  return {
    consumerIds: follows.consumerIds,
    producerIds: follows.producerIds,
    consumers: places.map((i) => consumers[i]),
    producers: places.map((i) => producers[i]),
    times: times && Float64Array.from(places, (i) => times[i]),
    weights: weights && Float32Array.from(places, (i) => weights[i]),
  };
}

function followTable({ consumers, producers, consumerIds, producerIds, weights }: NamedFollows) {
  return {
    numRows: consumers.length,
    columns: {
      consumer: gather(consumerIds, consumers),
      producer: gather(producerIds, producers),
      ...(weights && { weight: { kind: 'scalar' as const, values: weights } }),
    },
  };
}

function gather(ids: IdTable, places: Uint32Array): StringColumn {
  const offsets = new Uint32Array(places.length + 1);
  for (let i = 0; i < places.length; i++)
    offsets[i + 1] = offsets[i] + ids.offsets[places[i] + 1] - ids.offsets[places[i]];
  const bytes = new Uint8Array(offsets[places.length]);
  for (let i = 0; i < places.length; i++)
    bytes.set(ids.bytes.subarray(ids.offsets[places[i]], ids.offsets[places[i] + 1]), offsets[i]);
  return { kind: 'string', offsets, bytes };
}

/** Held-out follows by the model's indices. Unknown consumers cannot be ranked for and are left out; unknown producers count as misses. */
export async function testFollowsOf(
  kernels: Kernels,
  held: NamedFollows,
  consumerIds: IdTable,
  producerIds: IdTable,
): Promise<TestFollows> {
  const consumerPlaces = placesIn(consumerIds, held.consumerIds);
  const producerPlaces = placesIn(producerIds, held.producerIds);
  const numPerConsumer = new Uint32Array(consumerIds.size);
  const rows: number[] = [];
  const cols: number[] = [];
  held.consumers.forEach((heldConsumer, i) => {
    const consumer = consumerPlaces[heldConsumer];
    if (consumer === NO_PLACE) return;
    numPerConsumer[consumer]++;
    const producer = producerPlaces[held.producers[i]];
    if (producer === NO_PLACE) return;
    rows.push(consumer);
    cols.push(producer);
  });
  const triplets = { rows: Uint32Array.from(rows), cols: Uint32Array.from(cols) };
  return {
    matrix: await buildCsr(kernels, triplets, consumerIds.size, producerIds.size, 'max'),
    numPerConsumer,
  };
}

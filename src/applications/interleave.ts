/** Several ranked lists into one (cr-mixer InterleaveUtil). */

/**
 * Takes turns: each queue gives its first element nobody gave before, on a duplicate the same queue is asked again, and an
 * empty queue drops out. So queues with many duplicates are used up faster.
 */
export function interleave<T>(
  queues: readonly (readonly T[])[],
  keyOf: (element: T) => string,
  limit: number,
): T[] {
  const taken = new Map<string, T>();
  let waiting = queues.map((queue) => queue.values());
  while (waiting.length > 0 && taken.size < limit) {
    waiting = waiting.filter((queue) => taken.size >= limit || takeNew(queue, keyOf, taken));
  }
  return [...taken.values()];
}

/** All of the first queue, then what the second has beside it, and so on. */
export function frontLoad<T>(
  queues: readonly (readonly T[])[],
  keyOf: (element: T) => string,
  limit: number,
): T[] {
  const taken = new Map<string, T>();
  for (const queue of queues.map((elements) => elements.values()))
    while (taken.size < limit && takeNew(queue, keyOf, taken));
  return [...taken.values()];
}

/** False when the queue has nothing new left. */
function takeNew<T>(queue: Iterator<T>, keyOf: (element: T) => string, taken: Map<string, T>): boolean {
  for (let next = queue.next(); !next.done; next = queue.next()) {
    if (taken.has(keyOf(next.value))) continue;
    taken.set(keyOf(next.value), next.value);
    return true;
  }
  return false;
}

export const blendings = { interleave, 'front-load': frontLoad } as const;
export type Blending = keyof typeof blendings;

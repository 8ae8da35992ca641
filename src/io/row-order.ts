/** Rows of numbers in ascending order, with what goes along. */

/**
 * Sorts `keys[from..to)` ascending, and `data` along with it; equal keys keep their order. Cost O(length) for a row that is
 * in order already, as most are.
 */
export function sortRow(keys: Uint32Array, data: Float32Array | undefined, from: number, to: number): void {
  if (isAscending(keys, from, to)) return;
  if (!data) {
    keys.subarray(from, to).sort();
    return;
  }
  const order = Uint32Array.from({ length: to - from }, (_, i) => i);
  const oldKeys = keys.slice(from, to);
  const oldData = data.slice(from, to);
  order.sort((a, b) => oldKeys[a] - oldKeys[b]);
  for (let i = 0; i < order.length; i++) {
    keys[from + i] = oldKeys[order[i]];
    data[from + i] = oldData[order[i]];
  }
}

function isAscending(keys: Uint32Array, from: number, to: number): boolean {
  for (let at = from + 1; at < to; at++) if (keys[at - 1] > keys[at]) return false;
  return true;
}

/** The first key of an ascending row that stands in it twice, or -1. */
export function repeatedKey(keys: Uint32Array, from: number, to: number): number {
  for (let at = from + 1; at < to; at++) if (keys[at - 1] === keys[at]) return keys[at];
  return -1;
}

/** The formulas of both views and of the joined score, written out over dense matrices of doubles. */
import type { Csr } from '../../src/core/csr.ts';
import type { LocalViewOptions } from '../../src/recommend/local-view.ts';

export type Dense = number[][];

export function denseOf(a: Csr): Dense {
  return Array.from({ length: a.numRows }, (_, row) => {
    const values = new Array<number>(a.numCols).fill(0);
    for (let i = a.indptr[row]; i < a.indptr[row + 1]; i++) values[a.indices[i]] = a.data ? a.data[i] : 1;
    return values;
  });
}

/** A consumers × producers, of ones. */
export function denseLocalView(A: Dense, options: LocalViewOptions): Dense {
  const producers = A[0].map((_, p) => p);
  const follows = A.map((row) => sum(row));
  const s = producers.map((p) => sum(A.map((row) => row[p])) + options.smoothing);
  const G = producers.map((p) => {
    const row = producers.map((q) =>
      p === q
        ? 0
        : sum(A.map((row, u) => (row[p] * row[q]) / Math.sqrt(follows[u] || 1))) / Math.sqrt(s[p] * s[q]),
    );
    return best(row, options.numNeighbors);
  });
  const kept = G.map((row) => best(row, options.numBlurNeighbors));
  const B = producers.map((p) => producers.map((q) => Math.max(kept[p][q], kept[q][p])));
  const radius = denseSpectralRadius(B);
  return producers.map((p) =>
    producers.map((q) => {
      if (G[p][q] === 0) return 0;
      const explained = sum(producers.map((r) => G[p][r] * B[r][q]));
      const sharp = Math.max(0, G[p][q] - (options.sharpening / radius) * explained);
      return s[p] ** -options.sourceExponent * sharp * s[q] ** (0.5 - options.popularityExponent);
    }),
  );
}

/** By many more steps than it takes. */
export function denseSpectralRadius(B: Dense): number {
  let x = B.map(() => 1);
  let radius = 0;
  for (let step = 0; step < 2000; step++) {
    const y = B.map((row) => sum(row.map((value, i) => value * x[i])));
    const norm = Math.sqrt(sum(y.map((value) => value * value)));
    radius = norm;
    x = y.map((value) => value / (norm || 1));
  }
  return radius;
}

/** The best of a row, ties to the lower column; the others become 0. */
function best(row: number[], count: number): number[] {
  const order = row.map((_, i) => i).sort((a, b) => Math.fround(row[b]) - Math.fround(row[a]) || a - b);
  const kept = new Set(order.slice(0, count));
  return row.map((value, i) => (kept.has(i) ? value : 0));
}

export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Undirected graphs as text, piece by piece. Vertex v is written as the number v + 1. */
import type { Csr } from '../core/csr.ts';
import { TextPieces } from './text-pieces.ts';

export const graphFormats = ['metis', 'edges'] as const;
export type GraphFormat = (typeof graphFormats)[number];

/**
 * METIS: the line `vertices edges`, with a third number 1 when there are weights, then a line per vertex with its
 * neighbours, each followed by its weight. Weights may be decimals, which METIS itself does not read.
 * @param graph       symmetric, no diagonal
 * @param onProgress  told the share of the rows that is written, once a piece
 */
export function* metisPieces(graph: Csr, onProgress?: (fraction: number) => void): Generator<Uint8Array> {
  const { numRows, indptr, indices, data } = graph;
  const out = new TextPieces();
  out.decimal(numRows);
  out.ascii(' ');
  out.decimal(indptr[numRows] / 2);
  out.ascii(data ? ' 1\n' : '\n');
  for (let v = 0; v < numRows; v++) {
    for (let i = indptr[v]; i < indptr[v + 1]; i++) {
      if (i > indptr[v]) out.ascii(' ');
      out.decimal(indices[i] + 1);
      if (data) {
        out.ascii(' ');
        out.float(data[i]);
      }
      if (out.isFull) {
        onProgress?.(v / numRows);
        yield out.take();
      }
    }
    out.ascii('\n');
    if (out.isFull) yield out.take();
  }
  yield out.take();
}

/**
 * A line `vertex⇥vertex`, or `vertex⇥vertex⇥weight`, per edge, the smaller vertex first; ascending. Vertices without edges
 * do not show. The rest as in `metisPieces`.
 */
export function* edgePieces(graph: Csr, onProgress?: (fraction: number) => void): Generator<Uint8Array> {
  const { numRows, indptr, indices, data } = graph;
  const out = new TextPieces();
  for (let v = 0; v < numRows; v++) {
    for (let i = indptr[v]; i < indptr[v + 1]; i++) {
      if (indices[i] < v) continue;
      out.decimal(v + 1);
      out.ascii('\t');
      out.decimal(indices[i] + 1);
      if (data) {
        out.ascii('\t');
        out.float(data[i]);
      }
      out.ascii('\n');
      if (out.isFull) {
        onProgress?.(v / numRows);
        yield out.take();
      }
    }
  }
  yield out.take();
}

/** From pairs that stand in the row of one end alone to the best of each row, seen from both ends. */
import { type Csr, nnz } from '../core/csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { unionMax, unionMaxTransposed } from '../kernels/sparse.ts';
import { type Panel, spgemmTopK, stackRows } from '../kernels/spgemm.ts';

/** Pairs held at a time, 8 bytes each and as many again from the other end. */
export const MAX_HELD_PAIRS = 2 ** 25;

/** The best of each row so far, and pairs that the row of their other end has not seen yet. Panels come top to bottom. */
export class HeldPairs {
  readonly #kernels: Kernels;
  readonly #numRows: number;
  readonly #topK: number;
  readonly #maxHeldPairs: number;
  #best: Panel | undefined;
  #panels: Panel[] = [];
  #numHeld = 0;
  #numRowsBefore = 0;
  #numRowsHeld = 0;

  constructor(kernels: Kernels, numRows: number, topK: number, maxHeldPairs: number) {
    this.#kernels = kernels;
    this.#numRows = numRows;
    this.#topK = topK;
    this.#maxHeldPairs = maxHeldPairs;
  }

  async add(panel: Panel): Promise<void> {
    this.#panels.push(panel);
    this.#numHeld += nnz(panel);
    this.#numRowsHeld += panel.numRows;
    if (this.#numHeld > this.#maxHeldPairs) await this.#choose();
  }

  /** Panels that come now are those of another matrix, from its top. */
  async startOver(): Promise<void> {
    if (this.#panels.length > 0) await this.#choose();
    this.#numRowsBefore = 0;
  }

  /** The best of each row. */
  async finish(): Promise<Panel> {
    if (this.#panels.length > 0 || !this.#best) await this.#choose();
    return this.#best as Panel;
  }

  /** The best of what is best so far and of the pairs held, seen from both ends. */
  async #choose(): Promise<void> {
    const n = this.#numRows;
    const kernels = this.#kernels;
    const rows = this.#panels.length > 0 ? stackRows(this.#panels, n) : emptyPanel(n);
    const upper = amongAllRows(rows, this.#numRowsBefore, n);
    let all = await unionMaxTransposed(kernels, upper);
    if (this.#best) all = await unionMax(kernels, all, this.#best);
    this.#best = await spgemmTopK(kernels, all, identity(n), { topK: this.#topK, threshold: 0 });
    this.#numRowsBefore += this.#numRowsHeld;
    this.#panels = [];
    this.#numHeld = 0;
    this.#numRowsHeld = 0;
  }
}

function emptyPanel(numCols: number): Panel {
  return {
    numRows: 0,
    numCols,
    indptr: new Uint32Array(1),
    indices: new Uint32Array(),
    data: new Float32Array(),
  };
}

/** Rows first, first + 1, ... of a matrix whose other rows are empty. */
function amongAllRows(rows: Panel, first: number, numRows: number): Panel {
  const indptr = new Uint32Array(numRows + 1);
  indptr.set(rows.indptr, first);
  indptr.fill(nnz(rows), first + rows.numRows);
  return { ...rows, numRows, indptr };
}

export function identity(n: number): Csr {
  const indptr = Uint32Array.from({ length: n + 1 }, (_, i) => i);
  return { numRows: n, numCols: n, indptr, indices: indptr.slice(0, n) };
}

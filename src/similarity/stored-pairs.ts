/** HeldPairs on disk: pairs that stand in the row of one end alone, chosen from both ends block by block. */
import type { StoredCsr } from '../core/stored-csr.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { type Panel, spgemmTopK } from '../kernels/spgemm.ts';
import { identity } from './held-pairs.ts';
import { type ChangeOfRows, eitherEndOnDisk } from './neighbor-rows.ts';
import { type SpillOptions, StoredRows, unionBlocks } from './stored-rows.ts';

/** A block is merged by its half: the best of it are chosen in kernel memory. */
const BLOCK_SHARE = 0.5;

export class StoredPairs {
  readonly #kernels: Kernels;
  readonly #numRows: number;
  readonly #spill: SpillOptions;
  readonly #matrices: StoredRows[] = [];
  #isAtTop = true;

  constructor(kernels: Kernels, numRows: number, spill: SpillOptions) {
    this.#kernels = kernels;
    this.#numRows = numRows;
    this.#spill = spill;
  }

  async add(panel: Panel): Promise<void> {
    if (this.#isAtTop) this.#matrices.push(await StoredRows.open(this.#spill.openStore, this.#numRows));
    this.#isAtTop = false;
    await this.#matrices[this.#matrices.length - 1].append(panel);
  }

  /** Panels that come now are those of another matrix, from its top. */
  startOver(): void {
    this.#isAtTop = true;
  }

  /** The graph in which each row has its best, and a pair stands if either end keeps it. */
  async graph(topK: number, change: ChangeOfRows): Promise<StoredCsr> {
    const best = await StoredRows.open(this.#spill.openStore, this.#numRows);
    try {
      const unit = identity(this.#numRows);
      const { maxBytes, openStore } = this.#spill;
      if (this.#matrices.length > 0)
        await unionBlocks(this.#matrices, { openStore, maxBytes: maxBytes * BLOCK_SHARE }, async (block) => {
          const panels = { topK, threshold: 0, maxPanelBytes: maxBytes };
          await best.append(await spgemmTopK(this.#kernels, block, unit, panels));
        });
      await this.close();
      return await eitherEndOnDisk(best, this.#spill, change);
    } finally {
      await best.close();
    }
  }

  /** Gives the disk back. */
  async close(): Promise<void> {
    for (const matrix of this.#matrices.splice(0)) await matrix.close();
  }
}

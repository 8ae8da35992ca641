/** Tweets of a stream that runs beside the server: each snapshot takes the place of the one before, between two requests. */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ServingModel, withLiveItems } from '../applications/serving-model.ts';
import { readTable } from '../io/artifact-file.ts';
import type { Kernels } from '../kernels/kernels.ts';
import { openKernels } from '../kernels/open.ts';
import type { Artifact } from '../stages/stage.ts';
import { latestSnapshot, type SnapshotPointer } from '../stream/snapshot.ts';

const CHECK_MS = 100;

export class LiveItems {
  readonly #folder: string;
  readonly #base: ServingModel;
  readonly #onFailure: (error: unknown) => void;
  #model: ServingModel;
  #kernels: Kernels | undefined;
  #shown = '';
  #isClosed = false;

  /**
   * @param state      folder of the stream
   * @param onFailure  hears of a snapshot that cannot be read; the one before stays
   */
  constructor(state: string, base: ServingModel, onFailure: (error: unknown) => void) {
    this.#folder = join(state, 'snapshots');
    this.#base = base;
    this.#model = base;
    this.#onFailure = onFailure;
  }

  /** The model with the newest tweets that were seen. */
  get model(): ServingModel {
    return this.#model;
  }

  /** Whether a snapshot has been taken up: until then the model's own items answer. */
  get isLive(): boolean {
    return this.#shown !== '';
  }

  /** Looks again and again, until it is closed. */
  async watch(): Promise<void> {
    while (!this.#isClosed) {
      await this.refresh().catch(this.#onFailure);
      await wait(CHECK_MS, undefined, { ref: false });
    }
  }

  /** Takes up the newest snapshot, if it is not shown yet. @throws SimClustersError BAD_ARTIFACT, OUT_OF_MEMORY */
  async refresh(): Promise<void> {
    for (;;) {
      const newest = latestSnapshot(this.#folder);
      if (!newest || newest.folder === this.#shown) return;
      try {
        return await this.#show(newest);
      } catch (error) {
        // Where they come in quick succession one may be gone before it is read.
        if (latestSnapshot(this.#folder)?.folder === newest.folder) throw error;
      }
    }
  }

  async #show(newest: SnapshotPointer): Promise<void> {
    const read = (name: string): Artifact => {
      const { table, metadata } = readTable(join(this.#folder, newest.folder, `${name}.parquet`));
      return { table, attributes: { numCols: metadata['simclusters.attribute.numCols'] } };
    };
    const snapshot = { tweetEmbedding: read('tweetEmbedding'), clusterToTweets: read('clusterToTweets') };
    const kernels = openKernels({ numThreads: 1 });
    try {
      this.#model = await withLiveItems(kernels, this.#base, snapshot);
    } catch (error) {
      await kernels.close();
      throw error;
    }
    this.#shown = newest.folder;
    // A search takes no turn of the loop, so nobody is amid the old one.
    await this.#kernels?.close();
    this.#kernels = kernels;
  }

  close(): void {
    this.#isClosed = true;
  }
}

/** How long kernels take within whatever calls them. */
import type { KernelName } from '../../src/kernels/abi.ts';
import type { Kernels } from '../../src/kernels/kernels.ts';
import { type Part, partsOf, type Work } from './work.ts';

interface Metered {
  readonly kernels: ReadonlySet<KernelName>;
  readonly seconds: number;
}

/** Notes every job of these kernels from now on. */
export class Meter {
  readonly kernels: Kernels;
  #jobs: Metered[] = [];

  constructor(kernels: Kernels) {
    this.kernels = kernels;
    const run = kernels.run.bind(kernels);
    const call = kernels.call.bind(kernels);
    kernels.run = async (steps, options) => {
      const began = performance.now();
      await run(steps, options);
      this.#add(new Set(steps.map(({ kernel }) => kernel)), began);
    };
    kernels.call = (kernel, ...rest) => {
      const began = performance.now();
      call(kernel, ...rest);
      this.#add(new Set([kernel]), began);
    };
  }

  #add(kernels: ReadonlySet<KernelName>, began: number): void {
    this.#jobs.push({ kernels, seconds: (performance.now() - began) / 1000 });
  }

  /** Runs a work; seconds of the whole, where it counts, and of each part, in the order of `partsOf`. */
  async time(work: Work): Promise<number[]> {
    this.#jobs = [];
    const began = performance.now();
    await this.kernels.scope(() => work.run(this.kernels));
    const whole = (performance.now() - began) / 1000;
    return partsOf(work).map((part) => (part.name === work.whole ? whole : this.#secondsIn(part)));
  }

  /** Kernels of the jobs of the last work. */
  get called(): Set<KernelName> {
    return new Set(this.#jobs.flatMap(({ kernels }) => [...kernels]));
  }

  #secondsIn({ name, kernels }: Part): number {
    const own = this.#jobs.filter((job) => [...job.kernels].every((kernel) => kernels.includes(kernel)));
    if (own.length === 0) throw new Error(`${name}: no job is in ${kernels.join(', ')} alone`);
    return own.reduce((sum, { seconds }) => sum + seconds, 0);
  }
}

/** Those who wait are woken all at once, and look for themselves whether it concerns them. */
export class Signal {
  #waiting: (() => void)[] = [];

  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  fire(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

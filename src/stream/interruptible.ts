/**
 * Waits that something else may end. Not Promise.race against a promise that stays pending: that keeps what every race gave for as
 * long as the promise lives, which in a stream is all events there ever were.
 */
export class Interruptible<T> {
  #ending: (() => Promise<T>) | undefined;
  readonly #waiting = new Set<(ending: Promise<T>) => void>();

  /** What the promise gives, or what the interruption does, whichever comes first. */
  wait(promise: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.add(resolve);
      promise.then(resolve, reject).finally(() => this.#waiting.delete(resolve));
      if (this.#ending) resolve(heard(this.#ending()));
    });
  }

  /** Ends all waits, and those to come. */
  interrupt(ending: () => Promise<T>): void {
    this.#ending = ending;
    for (const end of this.#waiting) end(heard(ending()));
  }
}

/** A wait may have had its end a moment before; then nobody else would hear of a failure. */
function heard<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}

const RADIX = 36;

/** A set of whole numbers from 1 to 2^53 - 1, kept as ranges: small where numbers follow one another. */
export class NumberRanges {
  readonly #firsts: number[] = [];
  readonly #lasts: number[] = [];

  get numRanges(): number {
    return this.#firsts.length;
  }

  has(number: number): boolean {
    const i = this.#rangeFrom(number);
    return i < this.numRanges && this.#firsts[i] <= number;
  }

  add(number: number): void {
    const i = this.#rangeFrom(number);
    if (this.#firsts[i] <= number) return;
    const followsLast = i > 0 && this.#lasts[i - 1] === number - 1;
    const precedesNext = this.#firsts[i] === number + 1;
    if (followsLast && precedesNext) {
      this.#lasts.splice(i - 1, 1);
      this.#firsts.splice(i, 1);
    } else if (followsLast) {
      this.#lasts[i - 1] = number;
    } else if (precedesNext) {
      this.#firsts[i] = number;
    } else {
      this.#firsts.splice(i, 0, number);
      this.#lasts.splice(i, 0, number);
    }
  }

  /** Takes out the ranges that end at `number` or before. */
  dropUpTo(number: number): void {
    const count = this.#rangeFrom(number + 1);
    this.#firsts.splice(0, count);
    this.#lasts.splice(0, count);
  }

  /** `gap` or `gap+more` for each range, joined by commas, in base 36: its distance from the end of the one before, and how many follow its first. */
  toString(): string {
    let end = 0;
    return this.#firsts
      .map((first, i) => {
        const gap = (first - end).toString(RADIX);
        end = this.#lasts[i];
        return end > first ? `${gap}+${(end - first).toString(RADIX)}` : gap;
      })
      .join(',');
  }

  static parse(text: string): NumberRanges {
    const ranges = new NumberRanges();
    let end = 0;
    for (const range of text === '' ? [] : text.split(',')) {
      const [gap, more = '0'] = range.split('+');
      const first = end + Number.parseInt(gap, RADIX);
      end = first + Number.parseInt(more, RADIX);
      ranges.#firsts.push(first);
      ranges.#lasts.push(end);
    }
    return ranges;
  }

  /** Index of the first range that ends at `number` or after. */
  #rangeFrom(number: number): number {
    const numRanges = this.numRanges;
    if (numRanges === 0 || this.#lasts[numRanges - 1] < number) return numRanges;
    let low = 0;
    for (let high = numRanges - 1; low < high; ) {
      const middle = (low + high) >>> 1;
      if (this.#lasts[middle] < number) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

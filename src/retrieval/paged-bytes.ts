/** Bytes from afar, read page by page; a page is fetched once however many wait for it. */
const PAGE_BYTES = 16384;
/** 4 MiB in all. */
const MAX_PAGES = 256;

export class PagedBytes {
  readonly #pages = new Map<number, Promise<ArrayBuffer>>();
  readonly #read: (start: number, end: number) => Promise<ArrayBuffer>;
  readonly #length: number;

  constructor(read: (start: number, end: number) => Promise<ArrayBuffer>, length: number) {
    this.#read = read;
    this.#length = length;
  }

  /** A copy of bytes start .. end. */
  async slice(start: number, end: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(end - start);
    const first = Math.floor(start / PAGE_BYTES);
    const pages: Promise<ArrayBuffer>[] = [];
    for (let page = first; page * PAGE_BYTES < end; page++) pages.push(this.#page(page));
    for (const [i, content] of (await Promise.all(pages)).entries()) {
      const offset = (first + i) * PAGE_BYTES;
      const part = new Uint8Array(content).subarray(Math.max(0, start - offset), end - offset);
      bytes.set(part, Math.max(0, offset - start));
    }
    return bytes;
  }

  #page(page: number): Promise<ArrayBuffer> {
    const known = this.#pages.get(page);
    if (known) return known;
    if (this.#pages.size >= MAX_PAGES) this.#pages.delete(this.#pages.keys().next().value as number);
    const fetched = this.#read(page * PAGE_BYTES, Math.min(this.#length, (page + 1) * PAGE_BYTES));
    this.#pages.set(page, fetched);
    // A page that failed to come is asked for again by the next one who wants it.
    fetched.catch(() => this.#pages.delete(page));
    return fetched;
  }
}

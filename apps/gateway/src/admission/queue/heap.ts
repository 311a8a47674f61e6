/** Knows its place in the heap it is in, so that it can leave from the middle; -1 in none. */
export interface HeapItem {
  heapAt: number;
}

/** A binary heap from which any item can be taken, each change in O(log n). */
export class Heap<Item extends HeapItem> {
  readonly #items: Item[] = [];
  readonly #before: (a: Item, b: Item) => boolean;

  constructor(before: (a: Item, b: Item) => boolean) {
    this.#before = before;
  }

  get first(): Item | undefined {
    return this.#items[0];
  }

  add(item: Item): void {
    item.heapAt = this.#items.length;
    this.#items.push(item);
    this.#rise(item);
  }

  remove(item: Item): void {
    const at = item.heapAt;
    if (at < 0) return;
    const last = this.#items.pop();
    item.heapAt = -1;
    if (last === undefined || last === item) return;
    this.#put(last, at);
    this.moved(last);
  }

  /** After what it is ordered by has changed. */
  moved(item: Item): void {
    if (item.heapAt < 0) return;
    this.#rise(item);
    this.#sink(item);
  }

  #rise(item: Item): void {
    let at = item.heapAt;
    while (at > 0) {
      const above = this.#items[(at - 1) >> 1];
      if (above === undefined || !this.#before(item, above)) break;
      this.#put(above, at);
      at = (at - 1) >> 1;
    }
    this.#put(item, at);
  }

  #sink(item: Item): void {
    let at = item.heapAt;
    for (;;) {
      const left = this.#items[2 * at + 1];
      if (left === undefined) break;
      const right = this.#items[2 * at + 2];
      const below = right !== undefined && this.#before(right, left) ? right : left;
      if (!this.#before(below, item)) break;
      const next = below.heapAt;
      this.#put(below, at);
      at = next;
    }
    this.#put(item, at);
  }

  #put(item: Item, at: number): void {
    this.#items[at] = item;
    item.heapAt = at;
  }
}

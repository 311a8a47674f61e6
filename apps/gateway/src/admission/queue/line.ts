/** Something that stands in a line until it says otherwise. */
export interface Standing {
  readonly waiting: boolean;
}

/**
 * Places in the order in which they came, open at both ends. One that left is skipped later, and all such are
 * cleared out when they outnumber those that wait: O(1) for each place, whatever leaves from the middle.
 */
export class Line<Place extends Standing> {
  #places: (Place | undefined)[] = [];
  #from = 0;
  #waiting = 0;

  get length(): number {
    return this.#waiting;
  }

  add(place: Place): void {
    this.#places.push(place);
    this.#waiting++;
  }

  /** A place of this line no longer waits. */
  left(): void {
    this.#waiting--;
    if (this.#places.length - this.#from <= 2 * this.#waiting + 16 && this.#from < 1_024) return;
    this.#places = this.#places.slice(this.#from).filter((place) => place?.waiting);
    this.#from = 0;
  }

  oldest(): Place | undefined {
    while (this.#from < this.#places.length) {
      const place = this.#places[this.#from];
      if (place?.waiting) return place;
      this.#places[this.#from++] = undefined;
    }
    return undefined;
  }

  newest(): Place | undefined {
    while (this.#places.length > this.#from) {
      const place = this.#places.at(-1);
      if (place?.waiting) return place;
      this.#places.pop();
    }
    return undefined;
  }
}

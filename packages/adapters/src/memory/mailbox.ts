/** A queue whose consumer can wait for items. */

/** Items in the order they were put; `take` waits for the next. */
export class Mailbox<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;

  get size(): number {
    return this.#items.length;
  }

  put(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  /** The next item; undefined once the signal has aborted. */
  async take(signal: AbortSignal): Promise<T | undefined> {
    const wake = () => this.#wake?.();
    signal.addEventListener('abort', wake, { once: true });
    try {
      for (;;) {
        if (signal.aborted) return undefined;
        const item = this.#items.shift();
        if (item !== undefined) return item;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      signal.removeEventListener('abort', wake);
    }
  }

  /** Empties it and returns what was in it. */
  drain(): T[] {
    return this.#items.splice(0);
  }
}

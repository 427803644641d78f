// Work on one thing at a time: of what is asked for together, each waits for the one before it.

/** Turns by name of the thing. */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Does the work after all that was asked for earlier under the same name, whatever came of that. */
  take<T>(name: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(work, work);
    this.#last.set(name, turn);
    return turn;
  }
}

// Objects that are written in one place and read from replicas that lag behind: Cloudflare's eventual consistency.

/** Objects of one kind by id, with what each was at any time. */
export class Replicated<T> {
  readonly #now: () => number;
  readonly #revisions = new Map<string, { at: number; value: T | undefined }[]>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Writes an object; `undefined` removes it. */
  write(id: string, value: T | undefined): void {
    const revisions = this.#revisions.get(id) ?? [];
    revisions.push({ at: this.#now(), value });
    this.#revisions.set(id, revisions);
  }

  /** The object as it was at a time; as it is, without one. */
  read(id: string, at = Number.POSITIVE_INFINITY): T | undefined {
    return this.#revisions.get(id)?.findLast((revision) => revision.at <= at)?.value;
  }

  /** All objects as they were at a time. */
  all(at = Number.POSITIVE_INFINITY): T[] {
    return [...this.#revisions.keys()].flatMap((id) => this.read(id, at) ?? []);
  }

  /** When the object was first as asked for. */
  since(id: string, asked: (value: T) => boolean): number | undefined {
    return this.#revisions.get(id)?.find(({ value }) => value !== undefined && asked(value))?.at;
  }

  /** Everything that an object ever was, oldest first. */
  history(id: string): T[] {
    return (this.#revisions.get(id) ?? []).flatMap(({ value }) => value ?? []);
  }
}

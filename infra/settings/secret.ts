// Secret: a value that no message, log line or JSON document can show.

const SHOWN = "[secret]";

/**
 * A secret setting. The check on files sees only that there is one (`new Secret()`); the program holds its value. It
 * prints as `[secret]` wherever it is turned into text, and `reveal` is the only way to the value.
 */
export class Secret {
  readonly #value: string | undefined;

  constructor(value?: string) {
    this.#value = value;
  }

  /** Whether the value is known here, and not only that it exists. */
  get known(): boolean {
    return this.#value !== undefined;
  }

  /** The value. @throws Error if it is still encrypted. */
  reveal(): string {
    if (this.#value === undefined) {
      throw new Error("this secret is encrypted: only the program that the engine runs can read it");
    }
    return this.#value;
  }

  toString(): string {
    return SHOWN;
  }

  toJSON(): string {
    return SHOWN;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return SHOWN;
  }
}

// What a system says of the differences between its environments: which there may be, and why.
import type { Settings } from "./define.ts";

/** What may differ, each with the reason. Everything else has to be the same. */
export interface ParityDefinition<K extends Settings = Settings> {
  /** Settings by key. Their values count as the same wherever else they show, such as a hostname in a URL. */
  settings: { [P in keyof K]?: string };
  /** Other things, by the paths that `tandem parity` prints; `*` stands for anything. */
  resources: Readonly<Record<string, string>>;
}

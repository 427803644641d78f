// Whose files an import reads, so that what it tells uses the words that stand in them.

/** The tool whose files are read. */
export interface Origin {
  /** Its name. */
  tool: string;
  /** What it calls a key of compose's. */
  keyName(key: string): string;
}

/** Docker compose. */
export const COMPOSE: Origin = { tool: "compose", keyName: (key) => key };

// What staging of The Oracle may get from production: every note, and none of its words.
import type { SeedDefinition } from "tandem/settings";

/** The columns of The Oracle's tables, and how each is masked. */
export const seed: SeedDefinition = {
  tables: {
    notes: { id: "keep", text: "words", created_at: "keep", embedding: "vector" },
    pgmigrations: "keep",
  },
};

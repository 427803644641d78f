// A setting that the imported system has besides those of its groups.
import type { PerStack } from "./pair.ts";

/** One setting: its line in settings.ts and its values in the stack files. */
export interface SettingPlan {
  key: string;
  /** TypeScript: `setting(…)`. */
  code: string;
  /** What the code uses of `tandem/settings`. */
  imports: string[];
  values: PerStack<unknown>;
}

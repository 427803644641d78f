// Clears bundles of versions of this package that nobody uses any more.
import { readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

const DAY_MS = 86_400_000;
/** Days without use after which a version's bundles go. */
const KEPT_DAYS = 14;
/** Versions that are kept at most (about 9 MB each), but for those used within a day: a run may have them open. */
const KEPT_VERSIONS = 20;

/**
 * Removes what lies in the folder of all bundles and was not used for 14 days, or for one day where there are more than
 * 20 versions.
 *
 * @param now milliseconds since 1970. @default the present
 */
export function clearBundles(folder: string, now = Date.now()): void {
  const versions = readdirSync(folder)
    .map((name) => join(folder, name))
    .map((path) => ({ path, days: (now - statSync(path).mtimeMs) / DAY_MS }))
    .sort((a, b) => a.days - b.days);
  for (const [place, { path, days }] of versions.entries()) {
    if (days > (place < KEPT_VERSIONS ? KEPT_DAYS : 1)) rmSync(path, { recursive: true, force: true });
  }
}

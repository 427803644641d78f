// SHA-256 of official downloads, pinned in this repository: a list that lies beside a file says no more of it than the file
// does. The CLI's are those that Pulumi publishes apart from its downloads, in its Homebrew formula
// (https://github.com/pulumi/homebrew-tap, Formula/pulumi.rb).
import sums from "./checksums.json" with { type: "json" };
import type { Environ } from "./paths.ts";

const pinned: Readonly<Record<string, string>> = sums;

/**
 * The SHA-256 that a download must have; undefined where none is pinned and `TANDEM_UNPINNED_DOWNLOADS=1` trusts it as it
 * comes.
 *
 * @param archive file name, with version and platform
 * @throws where none is pinned
 */
export function pinnedSum(archive: string, env: Environ = {}): string | undefined {
  const sum = Object.hasOwn(pinned, archive) ? pinned[archive] : undefined;
  if (sum !== undefined || env.TANDEM_UNPINNED_DOWNLOADS === "1") return sum;
  throw new Error(
    `setup/checksums.json pins no checksum of ${archive}; TANDEM_UNPINNED_DOWNLOADS=1 trusts it as it comes`,
  );
}

// What of the checkout is no TypeScript that is compiled, or runs elsewhere, and is part of the npm package all the same.

/** Files and folders, by their paths from the root: copied into `dist/` as they are. */
export const assets: readonly string[] = [
  ".github",
  "docs/template",
  "examples/app",
  "ops/ci",
  "policies/pulumi-analyzer-tandem",
  "provider/pulumi-resource-tandem",
  "setup/close-loopback.sh",
  "standins/docker-provider",
  "standins/engine",
  "standins/images",
  "setup/package/tandem.cjs",
];

/** Does a file of theirs belong to the package? @param name its path from the root, with a leading slash */
export function isAsset(name: string): boolean {
  if (/\/(node_modules|dist|\.DS_Store)(\/|$)/.test(name)) return false;
  if (name.endsWith(".test.ts") && name.startsWith("/examples/")) return false;
  // The TypeScript of these two is not this package's own code.
  return !name.endsWith(".ts") || /^\/(docs\/template|examples\/app)\//.test(name);
}

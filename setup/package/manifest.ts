// package.json of the npm package, from the checkout's: what is exported is the built form of the same file.

/** The part of a package.json that differs. */
export interface Manifest {
  version: string;
  engines: { node: string };
  exports: Record<string, string>;
  scripts?: Record<string, string>;
  [key: string]: unknown;
}

/** The oldest Node that the package runs on, as `engines` has it. */
export function oldestNode({ engines }: Manifest): string {
  const version = /\d+\.\d+/.exec(engines.node)?.[0];
  if (version === undefined)
    throw new Error(`package.json: engines.node must name a version: ${engines.node}`);
  return version;
}

/** A source's place in the package, by the ending that it has there. */
function built(source: string, ending: string): string {
  return source.replace(/^\.\//, "./dist/").replace(/\.ts$/, ending);
}

/** The manifest for the package. */
export function forPackage(manifest: Manifest): Manifest {
  const exports = Object.entries(manifest.exports).map(([name, source]) => [
    name,
    source.endsWith(".ts") ? { types: built(source, ".d.ts"), default: built(source, ".js") } : source,
  ]);
  const { scripts: _, ...rest } = manifest;
  const main = manifest.exports["."] ?? "";
  return {
    ...rest,
    main: built(main, ".js"),
    types: built(main, ".d.ts"),
    exports: Object.fromEntries(exports),
  } as unknown as Manifest;
}

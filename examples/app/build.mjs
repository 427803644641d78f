// Bundles the app into dist/: one file for all roles and one for the health check, so that the image needs no packages.
import { readFileSync } from "node:fs";
import { build } from "esbuild";

const { version } = JSON.parse(readFileSync(new URL("package.json", import.meta.url), "utf8"));

await build({
  entryPoints: ["src/main.ts", "src/healthcheck.ts"],
  outdir: "dist",
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  sourcemap: true,
  sourcesContent: false,
  legalComments: "linked",
  define: { BUILD_VERSION: JSON.stringify(version) },
  // Optional native speed-ups of pg, ws and msgpackr: each is tried with `require` and done without.
  external: ["pg-native", "bufferutil", "utf-8-validate", "msgpackr-extract"],
  // CommonJS packages inside an ES module still call `require` for Node's own modules, and some ask where they are.
  banner: {
    js: [
      'import { createRequire as createRequireOfBundle } from "node:module";',
      "const require = createRequireOfBundle(import.meta.url);",
      "const __filename = import.meta.filename, __dirname = import.meta.dirname;",
    ].join("\n"),
  },
});

// The maps of compiled sources, which take longer to load than most stack traces are worth.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { lazyModuleFlags } from "./lazy-modules.ts";

const folder = mkdtempSync(join(tmpdir(), "tandem-lazy-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The SDK's start script as far as it counts here, and a module of maps that says when it is loaded. */
const FILES = {
  "node_modules/source-map-support/register.js":
    'console.log("maps loaded"); Error.prepareStackTrace = ({ message }, trace) => "mapped " + message + " at " + trace[0];',
  "node_modules/@pulumi/pulumi/cmd/run/index.js": `
    require("source-map-support/register");
    const [head, first] = new Error("of the SDK").stack.split("\\n");
    console.log(head, /^    at .*cmd.run.index\\.js:3:/.test(first));
    const bare = Object.create(null);
    Error.captureStackTrace(bare);
    console.log(bare.stack.split("\\n")[0]);
    require(${JSON.stringify(join(folder, "program.js"))});`,
  "program.js": 'console.log(new TypeError("of the program").stack.replace(/ \\(.*program/, " (program"));',
};

it("are loaded for a trace of the program's own files, and for none of the SDK's alone", () => {
  for (const [name, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  const start = join(folder, "node_modules/@pulumi/pulumi/cmd/run/index.js");
  const said = execFileSync(process.execPath, [...lazyModuleFlags, start], { encoding: "utf8" });
  expect(said.trim().split("\n")).toEqual([
    "Error: of the SDK true",
    "Error",
    "maps loaded",
    "mapped of the program at Object.<anonymous> (program.js:1:13)",
  ]);
});

#!/usr/bin/env node
// The command of the installed package, for any Node that can read it: says which Node it needs, looks at the folder that
// Node's compile cache lies in, and hands over to ops/cli. A checkout has `./tandem` instead.
"use strict";
const { existsSync, mkdirSync, statSync } = require("node:fs");
const { dirname, isAbsolute, join, resolve } = require("node:path");

/** From here on Node runs the TypeScript of a system's folder without a flag; 23.0 to 23.5 do not. */
function runsTypeScript(version) {
  const [major, minor] = version.split(".").map(Number);
  if (major === 22) return minor >= 18;
  return major === 23 ? minor >= 6 : major > 23;
}

function fail(message, fix) {
  process.stderr.write(`tandem: ${message}\n        ${fix}\n`);
  process.exit(2);
}

const { HOME, TANDEM_CACHE, XDG_CACHE_HOME } = process.env;
const version = process.versions.node;
if (!runsTypeScript(version)) {
  fail(`needs Node 22.18, 24 or newer, and this is ${version}`, "install it from https://nodejs.org/");
}
const cli = join(dirname(dirname(__dirname)), "ops", "cli.js");
if (!existsSync(cli)) fail("this is a checkout, in which nothing is built", "use ./tandem of its root");
if (!TANDEM_CACHE && !XDG_CACHE_HOME && !HOME) {
  fail("HOME is not set", "set it, or set TANDEM_CACHE and TANDEM_HOME");
}

// What lies there is run: nobody else may put anything there, whatever the umask says.
const named = TANDEM_CACHE || join(XDG_CACHE_HOME || join(HOME, ".cache"), "tandem");
const cache = isAbsolute(named) ? named : resolve(named);
process.env.TANDEM_CACHE = cache;
mkdirSync(cache, { recursive: true, mode: 0o700 });
const { mode, uid } = statSync(cache);
const own = "who could make you run anything: set TANDEM_CACHE to a folder that only you can write";
if (uid !== process.getuid()) fail(`${cache} belongs to another user`, own);
if ((mode & 0o022) !== 0) fail(`others can write ${cache}`, own);

// What messages call this command.
process.env.TANDEM_LAUNCHER = "npx tandem";
// Node 22 still calls type stripping experimental on every start.
const { emitWarning } = process;
process.emitWarning = (warning, ...rest) => {
  if (rest[0] === "ExperimentalWarning" || rest[0]?.type === "ExperimentalWarning") return;
  emitWarning.call(process, warning, ...rest);
};
require("node:module").enableCompileCache(process.env.NODE_COMPILE_CACHE || join(cache, "compile-cache"));
import(cli);

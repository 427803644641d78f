// The rooms of the house and the arrows between them: what a file may import, by the folder in which it lies.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "..");

/** Each room, and the rooms that its files may import besides their own. A longer path wins over a shorter one. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  plugin: ["lib"],
  "provider/docker": ["plugin", "lib"],
  "provider/gateway": ["provider/docker", "plugin", "lib"],
  "provider/cloudflare": ["provider/docker", "plugin", "lib"],
  "provider/postgres": ["provider/docker", "plugin", "lib"],
  "provider/redis": ["provider/docker", "plugin", "lib"],
  "provider/dumps": ["provider/docker", "plugin", "lib"],
  provider: [
    "provider/docker",
    "provider/gateway",
    "provider/cloudflare",
    "provider/postgres",
    "provider/redis",
    "provider/dumps",
    "plugin",
    "lib",
  ],
  policies: ["plugin", "lib"],
  components: ["provider", "provider/postgres", "lib"],
  setup: ["lib"],
  // What takes an official provider's place may use the clients that the product has for itself, and nothing uses it.
  standins: ["provider/cloudflare", "provider/postgres", "plugin", "lib"],
  infra: ["components", "setup", "lib"],
  // The program of the project at the root, which is The Oracle.
  "infra/main.ts": ["infra", "stacks"],
  stacks: ["infra", "components"],
  "ops/engine": ["provider/docker", "provider/gateway", "infra", "setup", "plugin", "lib"],
  // The process that is every plugin; it is bundled, and the engine's room only starts it.
  "ops/engine/plugins/main.ts": ["provider", "standins", "policies", "ops/engine", "setup", "plugin", "lib"],
  "ops/deploy": [
    "ops/engine",
    "provider/docker",
    "provider/gateway",
    "provider/postgres",
    "provider/redis",
    "provider/dumps",
    "components",
    "infra",
    "setup",
    "lib",
  ],
  "ops/inspect": [
    "ops/deploy",
    "ops/engine",
    "provider/docker",
    "provider/gateway",
    "provider/postgres",
    "provider/redis",
    "provider/cloudflare",
    "components",
    "policies",
    "infra",
    "setup",
    "lib",
  ],
  "ops/import": ["ops/engine", "components", "infra", "setup", "lib"],
  "ops/commands": [
    "ops/import",
    "ops/inspect",
    "ops/deploy",
    "ops/engine",
    "provider/docker",
    "provider/postgres",
    "components",
    "policies",
    "infra",
    "setup",
    "lib",
  ],
  // The command line: flags, and which command they go to.
  ops: ["ops/commands", "ops/engine", "setup", "lib"],
};

const rooms = Object.keys(ARROWS).toSorted((a, b) => b.length - a.length);
const roomOf = (file: string) => rooms.find((room) => file === room || file.startsWith(`${room}/`));

const files = globSync("{components,infra,lib,ops,plugin,policies,provider,setup,stacks,standins}/**/*.ts", {
  cwd: ROOT,
})
  // A test may use whatever shows its point; what is named testing is for tests.
  .filter((file) => !/node_modules|\.test\.ts$|testing|mutations|cases\.ts$/.test(file));

/** What a file imports of this package, from its root. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = [...text.matchAll(/(?:from|import|import\()\s*"(\.{1,2}\/[^"]+)"/g)];
  return found.map(([, path = ""]) => relative(ROOT, join(ROOT, dirname(file), path)));
}

/** Rooms from which a room can be reached over the arrows. */
function reachable(from: string, seen = new Set<string>()): Set<string> {
  for (const room of ARROWS[from] ?? []) if (!seen.has(room)) reachable(room, seen.add(room));
  return seen;
}

describe("the rooms", () => {
  it("are those that the files lie in", () => {
    expect(files.length).toBeGreaterThan(300);
    expect(files.filter((file) => roomOf(file) === undefined)).toEqual([]);
    expect(rooms.filter((room) => !existsSync(join(ROOT, room)))).toEqual([]);
  });

  it("have arrows without a circle", () => {
    expect(rooms.filter((room) => reachable(room).has(room))).toEqual([]);
  });

  it("import along the arrows only", () => {
    const against = files.flatMap((file) => {
      const own = roomOf(file) as string;
      const allowed = [own, ...(ARROWS[own] ?? [])];
      return importsOf(file)
        .filter((path) => path !== "package.json" && !allowed.includes(roomOf(path) ?? path))
        .map((path) => `${file} -> ${path}`);
    });
    expect(against).toEqual([]);
  });
});

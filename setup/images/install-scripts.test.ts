// No package's install script runs: not on this machine, and not in an image that is built here. What an archive brings is
// checked by its signature.
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { debootstrapArguments } from "./debian.ts";

const ROOT = join(import.meta.dirname, "../..");
/** What installs npm packages. */
const INSTALL = /\bnpm (?:ci|install|i|rebuild)\b|"npm", \[?\s*"(?:ci|install|i|rebuild)"/;
/** Files that only tell what somebody may type in a repository of their own, whose settings decide there. */
const TELLING = ["setup/package/managers.ts", "standins/language-host/packages.ts"];

/** Lines that install, of files that run; with what stands close to them, where the flags may be. */
function installs(path: string): string[] {
  const lines = readFileSync(join(ROOT, path), "utf8").split("\n");
  return lines.flatMap((line, at) =>
    INSTALL.test(line) && !/^\s*(?:#|\/\/|\*)/.test(line)
      ? [lines.slice(Math.max(0, at - 6), at + 10).join("\n")]
      : [],
  );
}

describe("no install script runs", () => {
  const files = globSync(
    [
      "tandem",
      "{examples,standins,docs/template}/**/Dockerfile",
      "{setup,ops,standins}/**/*.{ts,sh}",
      ".github/**/*.yml",
    ],
    { cwd: ROOT },
  ).filter((path) => !/node_modules|\.test\.ts$/.test(path));
  const found = files
    .filter((path) => !TELLING.includes(path))
    .map((path) => [path, installs(path)] as const);

  it("where packages are installed", () => {
    const installing = found.filter(([, places]) => places.length > 0);
    expect(installing.map(([path]) => path)).toEqual(
      expect.arrayContaining(["tandem", "examples/app/Dockerfile", "setup/images/npm.ts"]),
    );
    const running = installing.filter(([, places]) =>
      places.some((place) => !place.includes("--ignore-scripts")),
    );
    expect(running.map(([path]) => path)).toEqual([]);
  });
});

it("Debian's packages are taken from a signed archive only: debootstrap by itself warns and goes on", () => {
  const args = debootstrapArguments("/somewhere", "http://deb.example/debian");
  expect(args[0]).toBe("--force-check-gpg");
  expect(args[1]).toMatch(/^--keyring=\/usr\/share\/keyrings\/\S+\.gpg$/);
  expect(args).not.toContain("--no-check-gpg");
});

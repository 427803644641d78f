// Which project a system's name leads to.
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { packageRoot } from "../../setup/paths.ts";
import { systemFolder, systemNames, upCommand } from "./systems.ts";

describe("--system", () => {
  it("leads to the root for The Oracle, and to its own folder for any other", () => {
    expect(systemFolder("oracle")).toBe(packageRoot);
    for (const name of systemNames().filter((system) => system !== "oracle")) {
      expect(systemFolder(name)).toBe(join(packageRoot, "stacks", name));
    }
  });

  it.each(["lughh", "..", "../stacks/oracle", ""])("refuses %j and names those that there are", (name) => {
    expect(() => systemFolder(name)).toThrow(`there is no system "${name}"`);
  });

  it("is part of the commands that messages name", () => {
    expect(upCommand({ directory: packageRoot }, "staging")).toBe("./tandem up staging");
    expect(upCommand({ directory: join(packageRoot, "stacks/lugh") }, "shared")).toBe(
      "./tandem up --system lugh shared",
    );
  });
});

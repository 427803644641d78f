// Variables written into a stack file: what stood there stays as it stood.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { variablesIn, withVariables } from "./stack-variables.ts";

const FILE = `# What staging sets.
config:
  shop:hostPort: 3101
  # The app's.
  shop:environment: { app: { A: "1" } } # one
  tandem:policies: { host: { name: shop, cpus: 8 } }
`;

const write = (text: string, more: Partial<Parameters<typeof withVariables>[2]>) =>
  withVariables(text, "shop", { role: "app", plain: {}, sealed: {}, ...more });

describe("variables in a stack file", () => {
  it("are added, and every other line stays as it is", () => {
    const text = write(FILE, { plain: { B: "on" }, sealed: { KEY: "v1:abc" }, salt: "v1:salt" });
    expect(text).toBe(`# What staging sets.
config:
  shop:hostPort: 3101
  # The app's.
  shop:environment: { app: { A: "1", B: "on" } } # one
  tandem:policies: { host: { name: shop, cpus: 8 } }
  shop:secrets:
    app:
      KEY:
        secure: v1:abc
encryptionsalt: v1:salt
`);
    expect(variablesIn(text, "shop", "app")).toEqual(
      new Map([
        ["A", { under: "environment", text: "1" }],
        ["B", { under: "environment", text: "on" }],
        ["KEY", { under: "secrets", cipher: "v1:abc" }],
      ]),
    );
  });

  it("keep their text, whatever YAML would make of it", () => {
    const plain = {
      A: "0777",
      B: "2026-01-01",
      C: "null",
      D: `quotes " and ' and \\`,
      E: `line\n${"x".repeat(200)}\n\n  end `,
      "f.g": "",
    };
    const text = write("config:\n", { plain });
    expect(parse(text).config["shop:environment"].app).toEqual(plain);
    expect(text.split("\n").length).toBe(Object.keys(plain).length + 4);
  });

  it("go below a role that has nothing yet, under the key as the file spells it, and into an empty file", () => {
    const text = write("config:\n  environment:\n    app:\n", { plain: { A: "1" } });
    expect(parse(text)).toEqual({ config: { environment: { app: { A: "1" } } } });
    expect(parse(write("", { plain: { A: "1" } }))).toEqual({
      config: { "shop:environment": { app: { A: "1" } } },
    });
  });

  it("leave the one key for the other, and keep a salt that is there", () => {
    const text = write(`${FILE}encryptionsalt: v1:own\n`, { sealed: { A: "v1:abc" }, salt: "v1:other" });
    expect(parse(text)).toMatchObject({
      config: { "shop:environment": { app: {} }, "shop:secrets": { app: { A: { secure: "v1:abc" } } } },
      encryptionsalt: "v1:own",
    });
  });
});

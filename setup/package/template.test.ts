// The template in the form that `pulumi new` takes.
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { pulumiTemplate } from "./template.ts";

const PLACEHOLDER = "$" + "{PROJECT}";
const DESCRIPTION = "$" + "{DESCRIPTION}";

/** What `pulumi new` makes of it: in a source whose name ends in .yaml a line break follows what it puts in. */
function made(name: string): Map<string, string> {
  const files = [...pulumiTemplate()].map(([file, text]): [string, string] => {
    const end = file.endsWith(".yaml") ? "\n" : "";
    const own = text.replaceAll(PLACEHOLDER, `${name}${end}`).replaceAll(DESCRIPTION, `What it is.${end}`);
    return [file.replaceAll(DESCRIPTION, ""), own];
  });
  return new Map(files);
}

describe("the template for pulumi new", () => {
  it("has all files of a system in a repository, each under the system's name", () => {
    const files = made("book-club");
    expect([...files.keys()].toSorted()).toEqual([
      ...["Pulumi.production.yaml", "Pulumi.staging.yaml", "Pulumi.yaml", "main.ts", "package.json"],
      ...["settings.ts", "topology.ts", "tsconfig.json"],
    ]);
    for (const [file, text] of files) expect(text, file).not.toMatch(/\bshop\b|\$\{(?:PROJECT|DESCRIPTION)/);
    expect(files.get("topology.ts")).toContain('defineSystem({ name: "book-club"');
    expect(parse(files.get("Pulumi.staging.yaml") ?? "")).toMatchObject({
      config: { "book-club:hostname": "staging-book-club.localhost" },
    });
    expect(parse(files.get("Pulumi.yaml") ?? "")).toMatchObject({
      ...{ name: "book-club", description: "What it is.", tandem: { system: "." } },
      // Pulumi itself takes it out.
      template: { description: expect.any(String) },
      plugins: { providers: [{ name: "tandem", path: "../node_modules/tandem/provider" }] },
    });
  });
});

// The docker provider that is built from Go: its resources, properties and replacements are the official plugin's.
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { packageRoot, resolvePaths } from "../../setup/paths.ts";
import { pluginVersion } from "../../setup/versions.ts";

interface Property {
  input: boolean;
  replace?: boolean;
  nested?: Record<string, Property>;
}

type Properties = Record<string, Property>;

const folder = join(resolvePaths().pulumiHome, "plugins", `resource-docker-v${pluginVersion("docker")}`);
const binary = join(folder, "pulumi-resource-docker");
/** The official plugin has no such mark, and needs no such test. */
const built = existsSync(join(folder, ".tandem-build"));
const sdk = join(packageRoot, "node_modules/@pulumi/docker");
const schemaFile = join(packageRoot, "../shared/schemas/docker.json");

const resources: Record<string, Properties> = built
  ? JSON.parse(execFileSync(binary, ["-names"], { encoding: "utf8" }))
  : {};

/** Not part of the upstream provider: the official plugin adds it, and nothing here uses it. */
const absent = ["docker:index/image:Image"];

/** The upstream provider is newer than the official plugin's: it takes these, and the SDK doesn't offer them. */
const newer: Record<string, readonly string[]> = {
  "docker:index/container:Container.uploads": ["group", "owner"],
};

/** Names of the members of an interface in a declaration file of the SDK. */
function members(file: string, name: string): string[] {
  const source = ts.createSourceFile(
    file,
    readFileSync(join(sdk, file), "utf8"),
    ts.ScriptTarget.Latest,
    true,
  );
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isInterfaceDeclaration(node) && node.name.text === name) {
      found.push(...node.members.flatMap((member) => member.name?.getText(source) ?? []));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort();
}

const inputsOf = (properties: Properties) =>
  Object.entries(properties)
    .filter(([, { input }]) => input)
    .map(([name]) => name)
    .sort();

const parts = (token: string) => {
  const [, file = "", name = ""] = /^docker:index\/(.*):(.*)$/.exec(token) ?? [];
  return { file: `${file}.d.ts`, name };
};

describe.skipIf(!built)("the docker provider against its SDK", () => {
  it.each(Object.keys(resources))("%s takes what the SDK offers", (token) => {
    const { file, name } = parts(token);
    expect(inputsOf(resources[token] ?? {})).toEqual(members(file, `${name}Args`));
  });

  it.each(Object.keys(resources))("%s knows what the SDK reads", (token) => {
    const { file, name } = parts(token);
    // Every resource has an id; one names it among its properties.
    const known = Object.keys(resources[token] ?? {}).filter((property) => property !== "id");
    expect(known.sort()).toEqual(members(file, `${name}State`));
  });

  it("says its version", () => {
    expect(execFileSync(binary, ["-version"], { encoding: "utf8" }).trim()).toBe(pluginVersion("docker"));
  });
});

interface SchemaProperty {
  willReplaceOnChanges?: boolean;
  $ref?: string;
  items?: SchemaProperty;
}

interface Schema {
  resources: Record<string, { inputProperties: Record<string, SchemaProperty> }>;
  types: Record<string, { properties: Record<string, SchemaProperty> }>;
}

describe.skipIf(!built || !existsSync(schemaFile))("the docker provider against the official schema", () => {
  const schema = existsSync(schemaFile)
    ? (JSON.parse(readFileSync(schemaFile, "utf8")) as Schema)
    : { resources: {}, types: {} };

  it("has its resources", () => {
    const expected = Object.keys(schema.resources).filter((token) => !absent.includes(token));
    expect(Object.keys(resources).sort()).toEqual(expected.sort());
  });

  it.each(Object.keys(resources))("%s replaces on the same changes", (token) => {
    const replacing = Object.entries(schema.resources[token]?.inputProperties ?? {})
      .filter(([, { willReplaceOnChanges }]) => willReplaceOnChanges)
      .map(([name]) => name)
      .sort();
    const ours = Object.entries(resources[token] ?? {})
      .filter(([, { input, replace }]) => input && replace)
      .map(([name]) => name)
      .sort();
    expect(ours).toEqual(replacing);
  });

  it.each(Object.keys(resources))("%s has the same properties inside its objects", (token) => {
    const compare = (ours: Properties, official: Record<string, SchemaProperty>, path: string): void => {
      for (const [name, { nested }] of Object.entries(ours)) {
        const reference = official[name]?.$ref ?? official[name]?.items?.$ref;
        const type = schema.types[reference?.replace("#/types/", "") ?? ""];
        if (nested === undefined || type === undefined) continue;
        const offered = Object.keys(nested).filter((key) => !newer[`${path}.${name}`]?.includes(key));
        expect(offered.sort(), `${path}.${name}`).toEqual(Object.keys(type.properties).sort());
        compare(nested, type.properties, `${path}.${name}`);
      }
    };
    compare(resources[token] ?? {}, schema.resources[token]?.inputProperties ?? {}, token);
  });
});

// The package schema of a provider, made from its property tables; the CLI writes code from it after an import.
import type { PropertySpec, PropertyTable } from "./property-table.ts";

/** Writes the schema of a package as JSON. `tables` are its resources by type token. */
export function packageSchema(
  name: string,
  version: string,
  tables: Readonly<Record<string, PropertyTable>>,
): string {
  const types: Record<string, unknown> = {};
  const resources = Object.fromEntries(
    Object.entries(tables).map(([token, table]) => {
      const describe = (spec: PropertySpec, key: string) => typeOf(spec, `${token}${key}`, types);
      const entries = Object.entries(table);
      const properties = (list: [string, PropertySpec][]) =>
        Object.fromEntries(list.map(([key, spec]) => [key, describe(spec, key)]));
      const inputs = entries.filter(([, spec]) => !spec.output);
      const always = entries.filter(([, spec]) => spec.required || spec.computed || spec.output);
      return [
        token,
        {
          properties: properties(entries),
          required: always.map(([key]) => key),
          inputProperties: properties(inputs),
          requiredInputs: inputs.filter(([, spec]) => spec.required).map(([key]) => key),
        },
      ];
    }),
  );
  return JSON.stringify({ name, version, types, resources });
}

function typeOf(spec: PropertySpec, token: string, types: Record<string, unknown>): object {
  const common = {
    ...(spec.description ? { description: spec.description } : {}),
    ...(spec.secret ? { secret: true } : {}),
    ...(spec.replace ? { willReplaceOnChanges: true } : {}),
  };
  switch (spec.type) {
    case "strings":
      return { ...common, type: "array", items: { type: "string" } };
    case "map":
      return { ...common, type: "object", additionalProperties: { type: "string" } };
    case "object":
    case "objects": {
      const fields = Object.entries(spec.fields ?? {});
      types[token] = {
        type: "object",
        properties: Object.fromEntries(
          fields.map(([key, field]) => [key, typeOf(field, `${token}${key}`, types)]),
        ),
      };
      const item = { $ref: `#/types/${token}` };
      return spec.type === "object" ? { ...common, ...item } : { ...common, type: "array", items: item };
    }
    default:
      return { ...common, type: spec.type };
  }
}

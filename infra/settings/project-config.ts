// Pulumi.yaml's `config:` block, made from a system's settings.
import type { Setting, StackSettings, SystemSettings } from "./define.ts";
import { metaOf, type PulumiType } from "./kind.ts";

/** One entry of the block. */
export interface ConfigEntry {
  type?: PulumiType;
  items?: { type: PulumiType };
  description: string;
  secret?: true;
  default?: unknown;
}

/**
 * The block that a project with these settings must have. The engine gives its defaults to the program, and wants a
 * value for every declared key: so what may be left out has "" or 0 as its default, which is read as "none". Optional
 * secrets have no type, because the engine would ask that the empty default be encrypted.
 *
 * Where the system has a stack `shared`, the block is in force there too, with the environments' keys: so what an
 * environment must set has an empty default as well, and the check asks for it. The shared stack's own keys stand in its
 * settings only.
 */
export function projectConfig(
  system: SystemSettings,
  { shared }: { shared?: StackSettings["shared"] } = {},
): Record<string, ConfigEntry> {
  const entries = Object.entries(system.keys).filter(
    ([, setting]) => shared === undefined || !isRequired(setting) || hasNone(setting),
  );
  return Object.fromEntries(
    entries.map(([key, setting]) => [
      key,
      entry(setting, setting.optional || (shared !== undefined && isRequired(setting))),
    ]),
  );
}

/** Whether each stack must set it. */
export function isRequired(setting: Setting): boolean {
  return setting.optional !== true && setting.default === undefined;
}

/** Whether its type has a value that can mean "none". */
function hasNone({ schema }: Setting): boolean {
  return ["string", "integer"].includes(metaOf(schema).type);
}

function entry(setting: Setting, mayBeNone = false): ConfigEntry {
  const { type, items, secret } = metaOf(setting.schema);
  const value = mayBeNone ? none(type) : setting.default;
  return {
    ...(secret && mayBeNone ? {} : { type }),
    ...(items === undefined ? {} : { items: { type: items } }),
    description: setting.description,
    ...(secret ? { secret } : {}),
    ...(value === undefined ? {} : { default: value }),
  };
}

function none(type: PulumiType): "" | 0 {
  return type === "integer" ? 0 : "";
}

// Pulumi.yaml's `config:` block, made from a system's settings.
import type { Setting, SystemSettings } from "./define.ts";
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
 */
export function projectConfig(system: SystemSettings): Record<string, ConfigEntry> {
  return Object.fromEntries(Object.entries(system.keys).map(([key, setting]) => [key, entry(setting)]));
}

function entry(setting: Setting): ConfigEntry {
  const { type, items, secret } = metaOf(setting.schema);
  const value = setting.optional ? none(type) : setting.default;
  return {
    ...(secret && setting.optional ? {} : { type }),
    ...(items === undefined ? {} : { items: { type: items } }),
    description: setting.description,
    ...(secret ? { secret } : {}),
    ...(value === undefined ? {} : { default: value }),
  };
}

function none(type: PulumiType): "" | 0 {
  return type === "integer" ? 0 : "";
}

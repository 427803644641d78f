// What a preset makes of a service's arguments: its texts filled in, and its defaults below what the topology says.
import * as pulumi from "@pulumi/pulumi";
import type { AppServiceArgs } from "./app-service.ts";
import { PRESETS, type Preset } from "./presets.ts";
import { present } from "./secret-files.ts";
import type { StatefulServiceArgs } from "./stateful-service.ts";

/** What the names in a preset's texts stand for. */
export type PresetValues = Readonly<Record<string, pulumi.Input<string> | undefined>>;

const PLACE = /\{(memory:)?(\w+)\}/g;

/** Whether some text of the preset needs a value. */
export const needs = (preset: Preset | undefined, value: string) =>
  JSON.stringify(preset ?? {}).includes(`{${value}}`);

/** A text with its values; an output only where one of them is. */
export function filled(text: string, values: PresetValues, memoryMb?: pulumi.Input<number>) {
  const used = [...text.matchAll(PLACE)].map(([, memory, key = ""]) =>
    memory === undefined ? values[key] : memoryMb,
  );
  const fill = (known: readonly (string | number | undefined)[]) => {
    let at = 0;
    return text.replace(PLACE, (_, memory, percent) => {
      const value = known[at++] ?? "";
      return String(memory === undefined ? value : Math.floor((Number(value) * Number(percent)) / 100));
    });
  };
  const plain = used.every((value) => ["string", "number", "undefined"].includes(typeof value));
  return plain ? fill(used as (string | number | undefined)[]) : pulumi.all(used).apply(fill);
}

function tableOf(
  table: Readonly<Record<string, string>> | undefined,
  values: PresetValues,
  memoryMb?: pulumi.Input<number>,
) {
  const all = Object.entries(table ?? {}).map(([key, text]) => [key, filled(text, values, memoryMb)]);
  return Object.fromEntries(all) as Record<string, pulumi.Input<string>>;
}

/** The preset that is named; undefined where none is. */
export function presetOf({ preset }: Pick<StatefulServiceArgs, "preset">): Preset | undefined {
  return preset === undefined ? undefined : PRESETS[preset];
}

/** Longest that a first start takes, and an orderly end, where no preset says otherwise. Seconds. */
const TIMES = { healthTimeoutSeconds: 120, stopGraceSeconds: 120 };

/** The arguments of the service that it is, without its volumes. */
export function serviceArgsOf(name: string, args: StatefulServiceArgs, values: PresetValues): AppServiceArgs {
  const { preset: _, data, owner, login, dump, restorePoints, ...own } = args;
  // What is undefined leaves the default, as everywhere.
  const rest = present<unknown>(own) as unknown as typeof own;
  const preset = presetOf(args);
  const common = { names: [name], replace: "stop-first" as const, ...TIMES };
  if (preset === undefined) return { ...common, ...rest } as AppServiceArgs;
  const memoryMb = pulumi
    .output(args.limits)
    .apply((limits) => (limits as { memoryMb?: number } | undefined)?.memoryMb ?? 0);
  const { healthTimeoutSeconds, stopGraceSeconds } = preset;
  return {
    ...common,
    ...{ port: preset.port, user: preset.user, health: preset.health, secretsAs: "files" },
    ...{ healthTimeoutSeconds, stopGraceSeconds },
    ...(preset.command && { command: preset.command.map((word) => filled(word, values, memoryMb)) }),
    ...rest,
    environment: { ...tableOf(preset.environment, values), ...args.environment },
    secrets: { ...tableOf(preset.secrets, values), ...args.secrets },
    ...(preset.temporary && { temporary: { ...preset.temporary, ...args.temporary } }),
    ...(preset.files && { files: { ...tableOf(preset.files, values, memoryMb), ...args.files } }),
  };
}

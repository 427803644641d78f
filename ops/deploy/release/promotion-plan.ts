// What a promotion will do, in words: images, settings that differ, migrations that are pending.

import type Docker from "dockerode";
import { Secret } from "../../../infra/settings/secret.ts";
import { types } from "../../../lib/resource-types.ts";
import {
  type MigratedDatabase,
  pendingFiles,
  type SqlSource,
} from "../../../provider/postgres/migrations/pending.ts";
import { sqlRisks } from "../../../provider/postgres/migrations/sql-risks.ts";
import type { Deployment, StateResource } from "../../engine/state/backend.ts";
import { type Images, imageFacts } from "./images.ts";

/** A setting as it is shown; the value of a secret never is. */
function shown(value: unknown): string {
  if (value instanceof Secret) return "[secret]";
  return value === undefined ? "(none)" : JSON.stringify(value);
}

/** Settings that the two environments have differently, each on a line. */
export function settingLines(
  from: Readonly<Record<string, unknown>>,
  to: Readonly<Record<string, unknown>>,
  leftOut: readonly string[],
): string[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return keys
    .filter((key) => !leftOut.includes(key) && shown(from[key]) !== shown(to[key]))
    .map((key) => `${key}: ${shown(from[key])} there, ${shown(to[key])} here`);
}

function migrationsOf(deployment: Deployment): Map<string, StateResource> {
  const found = (deployment.resources ?? []).filter(({ type }) => type === types.migration);
  return new Map(found.map((resource) => [resource.urn.split("::").at(-1) ?? "", resource]));
}

/**
 * Migrations that the image will run on the database of the environment that it goes to, with what their SQL does.
 *
 * @param docker the Docker host of that environment
 */
export async function migrationLines(
  docker: Docker,
  images: Images,
  from: Deployment,
  to: Deployment,
): Promise<string[]> {
  const there = migrationsOf(to);
  const lines: string[] = [];
  for (const [name, { outputs = {} }] of migrationsOf(from)) {
    const imageId = String(outputs.imageId);
    const source = outputs.sql as SqlSource | undefined;
    if (source === undefined || !Object.values(images).includes(imageId)) continue;
    if ((await imageFacts(docker, imageId)) === undefined) {
      lines.push(`${name}: not known before the image is pulled`);
      continue;
    }
    const target = there.get(name)?.outputs;
    const labels = (outputs.labels ?? {}) as Record<string, string>;
    const database = target?.database as MigratedDatabase | undefined;
    const pending = await pendingFiles(docker, imageId, source, database, labels);
    if (pending === undefined) continue;
    const certain = pending.known ? "" : " (which of them are pending is not known)";
    lines.push(
      `${name}: ${pending.files.map((file) => file.name).join(", ") || "none is pending"}${certain}`,
      ...(await sqlRisks(pending.files)).map(
        ({ kind, file, line, statement, reason }) => `  ${kind}: ${file}:${line}: ${statement}: ${reason}`,
      ),
    );
  }
  return lines;
}

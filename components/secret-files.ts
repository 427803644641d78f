// How secrets reach a container: as environment variables or as files.
import * as pulumi from "@pulumi/pulumi";
import { SECRETS_DIR } from "../lib/docker/writable.ts";
import type { Environment } from "./environment.ts";

/** How secrets reach an application: as environment variables, or as files below /run/secrets. */
export type SecretDelivery = "env" | "files";

export interface DeliveredSecrets {
  environment: Record<string, pulumi.Input<string>>;
  files?: Record<string, pulumi.Input<string>>;
  /** Changes when a secret does; says nothing about it. */
  version?: pulumi.Output<string>;
}

/** Values by name without those that are undefined. */
export function present<T>(table: Record<string, T | undefined> = {}): Record<string, T> {
  return Object.fromEntries(
    Object.entries(table).filter((entry): entry is [string, T] => entry[1] !== undefined),
  );
}

/** What is delivered besides secrets. */
type Files = Record<string, pulumi.Input<string>>;

/**
 * Secrets as variables, or as files with a variable `NAME_FILE` for each (the convention of the official Postgres and
 * MySQL images and of Docker secrets); and `files` as they are.
 */
export function secretsAsFiles(
  env: Environment,
  secrets: Record<string, pulumi.Input<string> | undefined>,
  delivery: SecretDelivery,
  files: Files = {},
): DeliveredSecrets {
  const entries = Object.entries(present(secrets)).map(
    ([key, value]) => [key, pulumi.secret(value)] as const,
  );
  if (delivery === "env") return { environment: Object.fromEntries(entries), ...delivered(env, files) };
  const named = entries.map(([key, value]) => [`${SECRETS_DIR}/${key}`, value] as const);
  return {
    environment: Object.fromEntries(entries.map(([key]) => [`${key}_FILE`, `${SECRETS_DIR}/${key}`])),
    ...delivered(env, { ...Object.fromEntries(named), ...files }),
  };
}

function delivered(env: Environment, files: Files): Pick<DeliveredSecrets, "files" | "version"> {
  return Object.keys(files).length === 0 ? {} : { files, version: env.fingerprint(Object.values(files)) };
}

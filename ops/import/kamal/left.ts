// Kamal's keys that have no counterpart, and why; and what of its folder is not read.
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import { mapOf } from "../compose/load.ts";
import { isWithin } from "../within.ts";
import type { Reading } from "./load.ts";

/** Keys of the top level that are better left out. */
export const LEFT: Readonly<Record<string, string>> = {
  aliases: "docs/console.md has the commands for a shell, a console and logs",
  allow_empty_roles: "a role runs in the environments that have a host for it",
  boot: "an environment is one host, and its containers start together",
  hooks_output: "no hooks are run",
  logging: "logs are rotated in any case",
  minimum_version: "Kamal is not needed any more",
  output: "what a deploy prints is the CI's to keep",
  readiness_delay: "a container counts as healthy once its check says so",
  require_destination: "every command is told its environment",
  retain_containers: "old containers are stopped and removed; the way back is a rollback, docs/deploys.md",
  run_directory: "nothing is kept on the host",
  sshkit: "SSH is OpenSSH's here",
};

/** Keys of the top level that somebody has to decide on. */
export const DECIDE: Readonly<Record<string, string>> = {
  error_pages_path:
    "error_pages_path: the gateway has error pages of its own; serve yours from who stands before it",
  healthcheck: "healthcheck is Kamal 1's key, and is not taken: `proxy.healthcheck` of Kamal 2 says it",
  traefik: "traefik is Kamal 1's key, and is not taken: `proxy` of Kamal 2 says what leads to a role",
};

/** Keys of `ssh` that OpenSSH's own configuration says. */
const SSH_TAKEN = new Set(["user", "port"]);

/** Tells of all keys of the top level that nothing else reads. */
export function tellOfKeys(reading: Reading): void {
  const { tree, tell } = reading;
  for (const [key, why] of Object.entries(LEFT))
    if (tree[key] !== undefined) tell.left("all", `${key}: ${why}`);
  for (const [key, why] of Object.entries(DECIDE)) if (tree[key] !== undefined) tell.decide("all", why);
  const ssh = Object.keys(mapOf(tree.ssh)).filter((key) => !SSH_TAKEN.has(key));
  if (ssh.length > 0) {
    tell.decide(
      "all",
      `ssh.${ssh.join(", ssh.")}: the OpenSSH client reads keys, jump hosts and the like from ~/.ssh/config (docs/docker-host.md)`,
    );
  }
  tellOfRegistry(reading);
  tellOfHooks(reading);
}

function tellOfRegistry({ tree, tell }: Reading): void {
  const { server, username, password } = mapOf(tree.registry);
  if (/^localhost(:|$)/.test(String(server ?? ""))) {
    tell.left(
      "all",
      "registry: Kamal's registry on localhost is not needed, the image is built on the Docker host",
    );
  } else if (username !== undefined || password !== undefined) {
    tell.left(
      "all",
      "registry: an image that is built on the Docker host needs no login. For one from a private registry, log the Docker host in, or give its provider registryAuth (docs/components.md)",
    );
  }
}

/** Programs that Kamal runs before and after its steps. */
function tellOfHooks({ root, tree, tell }: Reading): void {
  const path = String(tree.hooks_path ?? ".kamal/hooks");
  const folder = resolve(root, path);
  if (!isWithin(root, folder)) {
    tell.decide("all", "hooks_path lies outside the folder: hooks are not run here");
    return;
  }
  let names: string[] = [];
  try {
    names = readdirSync(folder).filter((name) => !/^\.|\.sample$/.test(name));
  } catch {
    // There are none.
  }
  for (const name of names.sort()) {
    tell.decide(
      "all",
      `the hook ${path}/${name} is not run: what prepares the database is a migration, all else a step of the CI`,
      ...(/pre-deploy|pre-app-boot/.test(name)
        ? [
            'migration: { command: ["bin/rails", "db:migrate"], secrets: { DATABASE_URL: postgres.ownerUrl } }',
          ]
        : []),
    );
  }
}

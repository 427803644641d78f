// What the import tells of the files as a whole, and of what differs between the environments and is no setting.

import { join } from "node:path";
import type { Commands } from "./commands.ts";
import { repositoryOf } from "./kinds.ts";
import type { Notes } from "./notes.ts";
import { type Pair, type PairedService, STACKS } from "./pair.ts";

/**
 * Tells of files that aren't there, services that no profile turns on, and what was found while reading.
 *
 * @param folder of the compose files, from where commands are typed
 */
export function tellOfProjects(
  { projects, services }: Pair,
  folder: string,
  notes: Notes,
  commands: Commands,
): void {
  for (const stack of STACKS) {
    for (const { service, file } of projects[stack].missingEnvFiles) {
      const app = services.find(({ name, kind }) => name === service && kind === "app");
      notes.decide(
        service,
        `its env_file ${file} in ${stack} isn't there: its variables are missing`,
        // Only an application has variables of its own.
        ...(app === undefined ? [] : [commands.importFile(stack, join(folder, file), app.role)]),
      );
    }
    for (const { line, ...note } of projects[stack].told)
      notes.add({
        ...note,
        ...(line === undefined ? {} : { line: typeof line === "string" ? line : line(commands) }),
      });
    for (const name of projects[stack].withoutProfile) notes.left(name, `no profile turns it on in ${stack}`);
  }
}

/** What differs between the environments and is no setting here: production's is used in both. */
const COMPARED = [
  "command",
  "entrypoint",
  "health",
  "mounts",
  "tmpfs",
  "rest",
  "files",
  "shmMb",
  "stopGraceSeconds",
] as const;

/** Tells of what differs, and that production's was taken. */
export function tellOfDifferences({ by: { staging, production }, role }: PairedService, notes: Notes): void {
  if (staging === undefined || production === undefined) return;
  const differing = COMPARED.filter(
    (key) => JSON.stringify(staging[key]) !== JSON.stringify(production[key]),
  );
  const words = differing.flatMap((key) =>
    (key === "rest" ? restOf(staging.rest, production.rest) : [WORDS[key] ?? key]).map((word) =>
      notes.origin.keyName(word),
    ),
  );
  if (words.length === 0) return;
  notes.decide(
    role,
    `staging and production differ in ${new Intl.ListFormat("en-GB").format(words)}: production's was taken for both, so that staging rehearses it. What must differ is a setting in settings.ts`,
  );
}

/** Tells of a web server that may be there for routing alone. */
export function tellOfRouters({ main, role }: PairedService, notes: Notes): void {
  if (main.build !== undefined || !/^(nginx|caddy|haproxy|httpd)$/.test(repositoryOf(main.image ?? "")))
    return;
  notes.decide(
    role,
    "if it only leads requests on, leave it out: the gateway does that by hostname and path, and deploys without losing one",
    'route: { gateway, hostnames: [settings.hostname], path: "/api" }',
  );
}

/** Tells of volumes whose owner nobody says. */
export function tellOfOwner(role: string, notes: Notes): void {
  notes.decide(
    role,
    "its volumes belong to root, since nothing says by number as whom it runs: give them its user where that is another one",
    'owner: "1000:1000"',
  );
}

/**
 * Tells of a service whose successor starts only when it has ended, and takes its replicas away.
 *
 * @param must whether its files or ports can have one process only; else it is for its names alone
 */
export function tellOfStop({ by, role }: PairedService, must: boolean, notes: Notes): void {
  notes.decide(
    role,
    must
      ? "each deploy of it stops it for a moment: its files or its ports can have one process only"
      : "each deploy of it stops it for a moment: others reach it by its name, which one container has. Where it speaks HTTP, a gateway with names leads to it without a gap (docs/ready-made-images.md)",
    ...(must ? [] : [`route: { gateway: inside, hostnames: [${JSON.stringify(role)}] }`]),
  );
  for (const stack of STACKS) {
    const service = by[stack];
    if (service === undefined || service.replicas === 1) continue;
    notes.decide(role, `${notes.origin.tool} runs ${service.replicas} of it in ${stack}: here it is one`);
    service.replicas = 1;
  }
}

const WORDS: Readonly<Record<string, string>> = {
  health: "healthcheck",
  mounts: "volumes",
  shmMb: "shm_size",
  stopGraceSeconds: "stop_grace_period",
};

function restOf(one: Record<string, unknown>, other: Record<string, unknown>): string[] {
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].filter((key) => JSON.stringify(one[key]) !== JSON.stringify(other[key]));
}

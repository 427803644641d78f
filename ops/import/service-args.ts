// The arguments of an AppService that follow from one service alone: how it is started, checked, limited and opened.

import { defined } from "./compose/defined.ts";
import { shownUnknown, unknownIn } from "./compose/interpolate.ts";
import { mapOf } from "./compose/load.ts";
import type { ComposeService } from "./compose/model.ts";
import { flagOf, numberOf } from "./compose/quantities.ts";
import { standardPort } from "./kinds.ts";
import { literal } from "./literal.ts";
import type { Notes } from "./notes.ts";
import type { SecretValues } from "./secret-values.ts";
import { tellOfLooseness, tellOfTheRest } from "./service-notes.ts";

/** Arguments as TypeScript, by name. */
export type Arguments = Record<string, string>;

/** What Docker gives every container, as far as images that start as root need it to become somebody else. */
const ROOT_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "NET_BIND_SERVICE", "SETGID", "SETUID"];

/**
 * What a service's own keys say.
 *
 * @param port on which it answers, for a check where compose has none; `once` where it ends by itself, and has no health
 */
export function argumentsOf(
  service: ComposeService,
  role: string,
  port: number | "once" | undefined,
  secrets: SecretValues,
  notes: Notes,
): Arguments {
  const { rest } = service;
  const once = port === "once";
  const words = Object.fromEntries(
    (["command", "entrypoint"] as const).flatMap((name) => {
      const own = openWords(name, service[name], role, secrets, notes, (code) => `${name}: ${code}`);
      return own === undefined ? [] : [[name, literal(own)]];
    }),
  );
  const user = rest.user === undefined ? "image" : String(rest.user);
  const added = listOf(rest.cap_add).map((name) => String(name).replace(/^CAP_/, ""));
  const root = user === "image" || /^(0|root)(:|$)/.test(user);
  const capabilities = [...new Set([...(root ? ROOT_CAPABILITIES : []), ...added])].sort();
  const ulimits = Object.fromEntries(
    Object.entries(mapOf(rest.ulimits)).flatMap(([name, limit]) => {
      const own = ulimitOf(limit);
      return own === undefined ? [] : [[name, own]];
    }),
  );
  tellOfTheRest(service, role, once, notes);
  tellOfLooseness(user, capabilities, service, role, notes);
  const all = defined({
    ...words,
    workingDir: rest.working_dir === undefined ? undefined : literal(String(rest.working_dir)),
    user: unknownIn(user).length > 0 ? literal("image") : literal(user),
    capabilities: capabilities.length === 0 ? undefined : literal(capabilities),
    groups: rest.group_add === undefined ? undefined : literal(listOf(rest.group_add).map(String)),
    writableRoot: flagOf(rest.read_only) ? undefined : "true",
    shmMb: service.shmMb === undefined ? undefined : String(service.shmMb),
    sysctls: tableOf(rest.sysctls),
    extraHosts: tableOf(rest.extra_hosts),
    ...(once
      ? {}
      : {
          ulimits: Object.keys(ulimits).length === 0 ? undefined : literal(ulimits),
          devices: devicesOf(rest.devices),
          gpus: rest.gpus === "all" ? literal("all") : undefined,
          healthTimeoutSeconds:
            service.healthTimeoutSeconds === undefined ? undefined : String(service.healthTimeoutSeconds),
          stopSignal: rest.stop_signal === undefined ? undefined : literal(String(rest.stop_signal)),
          stopGraceSeconds:
            service.stopGraceSeconds === undefined
              ? undefined
              : String(Math.max(1, Math.round(service.stopGraceSeconds))),
          health: healthOf(service, role, port, secrets, notes),
        }),
  }) as Arguments;
  return Object.fromEntries(
    Object.entries(all).filter(([name, code]) => {
      const missing = missingIn([code]);
      if (missing !== "")
        notes.decide(role, `its ${name} hangs on ${missing}, which no file gives a value`, `${name}: …`);
      return missing === "";
    }),
  );
}

/** Variables without a value, as people read them; empty where all have one. */
function missingIn(texts: readonly string[]): string {
  return [...new Set(texts.flatMap(unknownIn))].map((one) => `\${${one}}`).join(", ");
}

/**
 * The words of a command, where they hold nothing that is secret or unknown; else it tells of them.
 *
 * @param lineOf what to write in their place
 */
export function openWords(
  name: string,
  words: readonly string[] | undefined,
  role: string,
  secrets: SecretValues,
  notes: Notes,
  lineOf: (code: string) => string,
): string[] | undefined {
  if (words === undefined) return undefined;
  const missing = missingIn(words);
  if (secrets.isInCommand(words)) {
    notes.decide(role, `its ${name} seems to hold a secret, and was not taken: give it as a variable`);
  } else if (missing !== "") {
    notes.decide(
      role,
      `its ${name} hangs on ${missing}, which no file gives a value`,
      lineOf(literal(words.map(shownUnknown))),
    );
  } else return [...words];
  return undefined;
}

function healthOf(
  { health, image, build }: ComposeService,
  role: string,
  port: number | undefined,
  secrets: SecretValues,
  notes: Notes,
): string {
  const own = health === undefined || health === "none" ? {} : health;
  const { command, shell, http, ...times } = own;
  const rest = Object.entries(times).map(([key, value]) => `${key}: ${String(value)}`);
  const object = (first: string) => `{ ${[first, ...rest].join(", ")} }`;
  if (secrets.isInCommand([...(command ?? []), shell ?? ""])) {
    notes.decide(role, "its health check seems to hold a secret, and was not taken: let it read a variable");
    return object(port === undefined ? 'command: ["true"]' : "tcp: true");
  }
  const missing = missingIn([...(command ?? []), shell ?? "", http ?? ""]);
  if (missing !== "") {
    notes.decide(role, `its health check hangs on ${missing}, which no file gives a value`);
    return object(port === undefined ? 'command: ["true"]' : "tcp: true");
  }
  if (command !== undefined) return object(`command: ${literal(command)}`);
  if (shell !== undefined) return object(`shell: ${literal(shell)}`);
  if (http !== undefined && port !== undefined) return object(`http: ${literal(http)}`);
  if (port !== undefined) {
    notes.decide(
      role,
      "it has no health check: it counts as healthy once its port takes connections. A page that answers only where all works says more",
      'health: { http: "/health" }',
    );
    return object("tcp: true");
  }
  const standard = build === undefined ? standardPort(image) : undefined;
  if (standard !== undefined) {
    notes.decide(
      role,
      `it has no health check: it counts as healthy once its usual port ${standard} takes connections. A check by its own client says more`,
      'health: { command: ["its-client", "ping"] }',
    );
    return object(`tcp: true, port: ${standard}`);
  }
  notes.decide(
    role,
    "it has no health check, and listens on no port: it counts as healthy as long as its process runs",
    'health: { command: ["your-check"] }',
  );
  return object('command: ["true"]');
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

function tableOf(value: unknown): string | undefined {
  const entries = Object.entries(mapOf(value)).map(([name, one]) => [name, String(one)]);
  return entries.length === 0 ? undefined : literal(Object.fromEntries(entries));
}

/** Devices of the host, in compose's short form or its long one. */
function devicesOf(value: unknown): string | undefined {
  const devices = listOf(value).map((each) => {
    const { source, target, permissions } = mapOf(each);
    const [host, container, may] =
      typeof each === "string"
        ? each.split(":")
        : [source, target, permissions].map((one) => one && String(one));
    return defined({ host, container, permissions: may });
  });
  return devices.length === 0 ? undefined : literal(devices);
}

function ulimitOf(limit: unknown): unknown {
  const { soft, hard } = mapOf(limit);
  const [least, most] = [numberOf(soft), numberOf(hard)];
  return (
    numberOf(limit) ?? (least === undefined || most === undefined ? undefined : { soft: least, hard: most })
  );
}

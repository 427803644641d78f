// Hostnames and published ports: what leads from outside to the services.
import type { Commands } from "./commands.ts";
import { isLoopback, isPublic, leadOf, portOf } from "./hostnames.ts";
import { isLikelyHttp } from "./kinds.ts";
import type { Notes } from "./notes.ts";
import { type PairedService, type PerStack, STACKS } from "./pair.ts";
import type { SettingPlan } from "./settings-plan.ts";

/** What leads to a service. */
export interface Route {
  /** Key of the setting with the hostname. */
  key: string;
  /** Setting with further ones. */
  aliases?: string;
  path?: string;
}

/** A port that a service publishes itself. */
export interface Published {
  key: string;
  port: number;
  protocol: "tcp" | "udp";
}

/** All that leads from outside to the services, by their roles. */
export interface Exposure {
  routes: Map<string, Route>;
  published: Map<string, Published[]>;
  settings: SettingPlan[];
}

/** Production's and staging's ports on one host are this far apart where compose has the same in both. */
const APART = 1000;

/** Decides them. @param system the system's name, for hostnames where compose names none */
export function exposureOf(
  apps: readonly PairedService[],
  system: string,
  notes: Notes,
  commands: Commands,
): Exposure {
  const exposure: Exposure = { routes: new Map(), published: new Map(), settings: [] };
  // The first one has the setting `hostname`: what a proxy led to, else what looks like the site itself.
  for (const app of apps.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    const led = STACKS.some((stack) => app.by[stack] !== undefined && leadOf(app.by[stack]) !== undefined);
    if (portOf(app.main) !== undefined && (led || isPublic(app.main)))
      route(app, system, exposure, notes, commands);
    publish(app, exposure, notes);
  }
  return exposure;
}

/** How sure it is that a service is what the system's hostname leads to; the least is the surest. */
function rankOf({ by, name, main }: PairedService): number {
  const isEverywhere = STACKS.every((stack) => by[stack] !== undefined);
  if (STACKS.some((stack) => by[stack] !== undefined && leadOf(by[stack]) !== undefined))
    return isEverywhere ? 0 : 4;
  if (!isEverywhere) return 5;
  if (/^(web|www|app|site|front|client|ui|nginx|proxy|gateway)/i.test(name)) return 1;
  return main.build === undefined ? 3 : 2;
}

function route(
  app: PairedService,
  system: string,
  exposure: Exposure,
  notes: Notes,
  commands: Commands,
): void {
  const { role, by, variable } = app;
  const leads = Object.fromEntries(
    STACKS.flatMap((stack) => (by[stack] === undefined ? [] : [[stack, leadOf(by[stack])]])),
  );
  const names: PerStack<string[]> = Object.fromEntries(
    STACKS.map((stack) => [stack, leads[stack]?.hostnames ?? []]),
  );
  const path = (leads.production ?? leads.staging)?.path;
  const before = [...exposure.routes].find(
    ([other, one]) => other !== role && sameNames(exposure, one.key, names),
  );
  if (before !== undefined && before[1].path !== path) {
    const { path: _, ...same } = before[1];
    exposure.routes.set(role, { ...same, ...(path === undefined ? {} : { path }) });
    return;
  }
  const isFirst = exposure.routes.size === 0;
  const key = isFirst ? "hostname" : `${variable}Hostname`;
  const values: PerStack<string> = {};
  for (const stack of STACKS) {
    const [first] = names[stack] ?? [];
    const other = stack === "staging" ? names.production : [];
    const own = first !== undefined && !other?.includes(first) ? first : undefined;
    values[stack] =
      own ?? `${stack === "staging" ? "staging-" : ""}${isFirst ? "" : `${role}-`}${system}.localhost`;
    if (own !== undefined || by[stack] === undefined) continue;
    const why =
      first !== undefined
        ? `${notes.origin.tool} gives ${first} to both environments`
        : (leads[stack]?.unclear ?? 0) > 0
          ? "its hostname hangs on a variable or is a pattern"
          : `${notes.origin.tool} names no hostname`;
    notes.decide(
      role,
      `it answers to ${values[stack]} in ${stack}, since ${why}`,
      commands.set(stack, [key], stack === "staging" ? "staging.example.com" : "www.example.com"),
    );
  }
  const example = `${isFirst ? "" : `${role}.`}example.com`;
  exposure.settings.push({
    key,
    code: isFirst
      ? `hostnameSetting(${JSON.stringify(example)})`
      : `hostnameSetting(${JSON.stringify(example)}, ${JSON.stringify(`Hostname that leads to ${role}.`)})`,
    imports: ["hostnameSetting"],
    values,
  });
  const aliases = more(key, variable, isFirst, role, names, exposure);
  exposure.routes.set(role, {
    key,
    ...(aliases === undefined ? {} : { aliases }),
    ...(path === undefined ? {} : { path }),
  });
}

/** A setting for the second hostname and all further ones. */
function more(
  key: string,
  variable: string,
  isFirst: boolean,
  role: string,
  names: PerStack<string[]>,
  exposure: Exposure,
): string | undefined {
  const first = exposure.settings.find((one) => one.key === key)?.values;
  const rest = Object.fromEntries(
    STACKS.map((stack) => [
      stack,
      (names[stack] ?? []).filter(
        (name) => name !== first?.[stack] && !(stack === "staging" && names.production?.includes(name)),
      ),
    ]),
  );
  if (STACKS.every((stack) => rest[stack]?.length === 0)) return undefined;
  const aliases = isFirst ? "aliases" : `${variable}Aliases`;
  exposure.settings.push({
    key: aliases,
    code: `setting(list(hostname()), { description: ${JSON.stringify(`Further hostnames that lead to ${role}.`)}, default: [] })`,
    imports: ["setting", "list", "hostname"],
    values: Object.fromEntries(
      STACKS.flatMap((stack) => (rest[stack]?.length ? [[stack, rest[stack]]] : [])),
    ),
  });
  return aliases;
}

/** Do the hostnames lead to the setting of another service's? */
function sameNames({ settings }: Exposure, key: string, names: PerStack<string[]>): boolean {
  const values = settings.find((one) => one.key === key)?.values;
  const named = STACKS.filter((stack) => (names[stack] ?? []).length > 0);
  return named.length > 0 && named.every((stack) => names[stack]?.[0] === values?.[stack]);
}

function publish({ role, variable, by, main }: PairedService, exposure: Exposure, notes: Notes): void {
  const isRouted = exposure.routes.has(role);
  for (const own of main.ports) {
    const { port, protocol } = own;
    if (isRouted && protocol === "tcp" && (isLikelyHttp(port) || port === portOf(main))) continue;
    const hostPorts: PerStack<number> = Object.fromEntries(
      STACKS.map((stack) => [
        stack,
        by[stack]?.ports.find((one) => one.port === port && one.protocol === protocol)?.hostPort,
      ]),
    );
    const production = hostPorts.production ?? hostPorts.staging ?? port;
    const same = hostPorts.staging === undefined || hostPorts.staging === production;
    const apart = production + APART < 65_536 ? production + APART : production - APART;
    const staging = same ? apart : (hostPorts.staging ?? production);
    const key = `${variable}Port${port}`;
    const list = exposure.published.get(role) ?? [];
    if (list.some((one) => one.key === key)) continue;
    exposure.published.set(role, [...list, { key, port, protocol }]);
    exposure.settings.push({
      key,
      code: `setting(port(${production}), { description: ${JSON.stringify(`Port of the Docker host that leads to port ${port} of ${role}.`)} })`,
      imports: ["setting", "port"],
      values: { staging, production },
    });
    if (isLoopback(own)) continue;
    notes.decide(
      role,
      `port ${port} is published on the host's own address 127.0.0.1 only (${staging} in staging, ${production} in production); before, it was open to everybody. To do so here takes tandem:policies.publish as well`,
      'bindAddress: "0.0.0.0"',
    );
  }
}

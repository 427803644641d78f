// The text of one AppService in topology.ts, or of one Job.
import { relative } from "node:path";
import type { ComposeService } from "./compose/model.ts";
import { access, beside, literal, propertyName } from "./literal.ts";
import { type PairedService, STACKS } from "./pair.ts";
import type { ReleasePlan } from "./release.ts";
import type { AppPlan, SystemPlan } from "./system-plan.ts";
import type { Variables } from "./variables.ts";

const json = JSON.stringify;

/** The constant that holds a volume. */
export function volumeVariable(role: string): string {
  return `${role.replaceAll(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())}Volume`;
}

/** Does a service wait for another one, by its name or by one that its container has? */
function waitsFor({ dependsOn }: ComposeService, { name, main }: PairedService): boolean {
  return [name, ...main.names].some((one) => Object.hasOwn(dependsOn, one));
}

/** Applications after those that they wait for, as far as there is no circle. */
export function orderedApps(apps: readonly AppPlan[]): AppPlan[] {
  const result: AppPlan[] = [];
  const visit = (app: AppPlan, path: readonly AppPlan[]) => {
    if (result.includes(app) || path.includes(app)) return;
    for (const other of apps) if (waitsFor(app.service.main, other.service)) visit(other, [...path, app]);
    result.push(app);
  };
  for (const app of apps) visit(app, []);
  return result;
}

/** The lines that make a service. */
export function serviceText(app: AppPlan, plan: SystemPlan): string[] {
  const { service: paired, onlyIn } = app;
  const { role, variable } = paired;
  const args = argumentLines(app, plan);
  const made = [
    `new ${app.once ? "Job" : "AppService"}(${json(role)}, {`,
    "  env,",
    ...args.map((line) => `  ${line}`),
    "})",
  ];
  if (onlyIn === undefined) return [`const ${variable} = ${made[0]}`, ...made.slice(1, -1), "});"];
  return [
    `const ${variable} = settings.${variable}Enabled`,
    `  ? ${made[0]}`,
    ...made.slice(1, -1).map((line) => `    ${line}`),
    "    })",
    "  : undefined;",
  ];
}

function argumentLines(app: AppPlan, plan: SystemPlan): string[] {
  const { variables, image, args } = app;
  return [
    ...Object.entries({ ...(image && { image: image.code }), ...args, ...placement(app, plan) }).map(
      ([name, code]) => `${name}: ${code},`,
    ),
    ...table("environment", variables.environment),
    ...table("secrets", variables.secrets),
    ...migration(app),
    `limits: limits${access(app.service.role)},`,
    ...dependsOn(app.service, variables, applicationsBefore(app, plan)),
  ];
}

/** The lines that make the release, with its services in it. */
export function releaseText(
  { shared, members, image, args, variables }: ReleasePlan,
  plan: SystemPlan,
): string[] {
  const services = plan.apps
    .filter(({ service }) => members.has(service.role))
    .flatMap((app) => {
      const own = [`${propertyName(app.service.role)}: {`, ...indented(argumentLines(app, plan)), "},"];
      if (app.onlyIn === undefined) return own;
      return [
        `...(settings.${app.service.variable}Enabled`,
        "  ? {",
        ...indented(indented(indented(own))),
        "    }",
        "  : {}),",
      ];
    });
  const others = plan.apps.filter(({ service }) => !members.has(service.role));
  const lines = [
    "env,",
    ...Object.entries({ image: image.code, ...args }).map(([name, code]) => `${name}: ${code},`),
    ...table("environment", variables.environment),
    ...table("secrets", variables.secrets),
    ...dependsOn(shared, variables, others),
    "services: {",
    ...indented(services),
    "},",
  ];
  return [`const ${shared.variable} = new Release(${json(shared.role)}, {`, ...indented(lines), "});"];
}

const indented = (lines: readonly string[]) => lines.map((line) => `  ${line}`);

function placement(app: AppPlan, plan: SystemPlan): Record<string, string> {
  const {
    service: { role, variable, by },
    port,
    mounts,
    secretFiles,
  } = app;
  const route = plan.exposure.routes.get(role);
  const published = plan.exposure.published.get(role) ?? [];
  const volumes = mounts.volumes.map(
    ({ role: volume, path, readOnly }) =>
      `{ volume: ${volumeVariable(volume)}.volume, path: ${json(path)}${readOnly ? ", readOnly: true" : ""} }`,
  );
  const files = [
    ...mounts.files.map(
      ({ path, source }) => `${json(path)}: readFileSync(${beside(relative(plan.target, source))}, "utf8")`,
    ),
    ...secretFiles.map(
      ({ key, path }) => `...(settings.${key} === undefined ? {} : { ${json(path)}: settings.${key} })`,
    ),
  ];
  const hosts =
    route === undefined
      ? ""
      : [
          `settings.${route.key}`,
          ...(route.aliases === undefined ? [] : [`...settings.${route.aliases}`]),
        ].join(", ");
  const path = route?.path === undefined ? "" : `, path: ${json(route.path)}`;
  const inside = {
    ...(files.length === 0 ? {} : { files: `{ ${files.join(", ")} }` }),
    ...(Object.keys(mounts.temporary).length === 0 ? {} : { temporary: literal(mounts.temporary) }),
  };
  const isReplicated = STACKS.some((stack) => (by[stack]?.replicas ?? 1) !== 1);
  if (app.once) return inside;
  return {
    ...(port === undefined ? {} : { port: String(port) }),
    ...(route === undefined ? {} : { route: `{ gateway, hostnames: [${hosts}]${path} }` }),
    ...(app.inside === undefined
      ? {}
      : { route: `{ gateway: inside, hostnames: ${literal(app.inside.names)} }` }),
    ...(published.length === 0
      ? {}
      : {
          publish: `[${published.map((one) => `{ port: ${one.port}, hostPort: settings.${one.key}${one.protocol === "udp" ? ', protocol: "udp"' : ""} }`).join(", ")}]`,
        }),
    ...(app.names === undefined ? {} : { replace: '"stop-first"', names: literal(app.names) }),
    ...(isReplicated ? { replicas: `settings.${variable}Replicas` } : {}),
    ...(volumes.length === 0 ? {} : { volumes: `[${volumes.join(", ")}]` }),
    ...inside,
  };
}

function table(name: string, entries: Readonly<Record<string, string>>): string[] {
  const lines = Object.entries(entries).map(([key, code]) => `  ${propertyName(key)}: ${code},`);
  return lines.length === 0 ? [] : [`${name}: {`, ...lines, "},"];
}

/** A migration is the owner of the database: all that names the application's login names the owner's for it. */
function migration({ migration: command, variables }: AppPlan): string[] {
  if (command === undefined) return [];
  const own = Object.entries({ ...variables.environment, ...variables.secrets }).flatMap(([name, code]) => {
    const changed = code
      .replaceAll("postgres.url", "postgres.ownerUrl")
      .replaceAll("postgres.app.", "postgres.owner.")
      .replaceAll(/(\{postgres\.database\}_)app/g, "$1owner");
    return changed === code ? [] : [`${propertyName(name)}: ${changed}`];
  });
  const secrets = own.length === 0 ? "" : `, secrets: { ${own.join(", ")} }`;
  return [`migration: { command: ${literal(command)}${secrets} },`];
}

/** Those that are in the topology before an application, and that it may wait for. */
function applicationsBefore(app: AppPlan, { apps }: SystemPlan): AppPlan[] {
  const all = orderedApps(apps);
  return all.slice(0, all.indexOf(app));
}

function dependsOn({ main }: PairedService, variables: Variables, before: readonly AppPlan[]): string[] {
  const servers = [...new Set(variables.servers)].map((kind) => `...${kind}.ready`);
  const apps = before.filter(({ service }) => waitsFor(main, service));
  const ready = apps.map(({ service, onlyIn }) =>
    onlyIn === undefined ? `...${service.variable}.ready` : `...(${service.variable}?.ready ?? [])`,
  );
  const all = [...servers, ...ready];
  return all.length === 0 ? [] : [`dependsOn: [${all.join(", ")}],`];
}

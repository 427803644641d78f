// The texts of settings.ts and of the stack files.
import { stringify } from "yaml";
import { bracketed, literal, propertyName } from "./literal.ts";
import { STACKS, type Stack } from "./pair.ts";
import { type Limits, limitsOf } from "./servers.ts";
import type { SettingPlan } from "./settings-plan.ts";
import { imagesOf, type SystemPlan, variableOwners } from "./system-plan.ts";

const json = JSON.stringify;
const GATEWAY_LIMITS: Limits = { cpus: 0.5, memory: "256m", pids: 512 };

/** A forward's port on this machine is so far from the one there. */
const FORWARDED = 1000;

/** Ports of the Docker host that nobody else in the repository has. */
export interface FreePorts {
  gateway: Record<Stack, number>;
  postgres: Record<Stack, number>;
}

/** All settings of the system besides those of its groups, in the order in which they are written. */
export function settingsOf(plan: SystemPlan): SettingPlan[] {
  const images = imagesOf(plan).flatMap(({ image }) => image.setting ?? []);
  const switches = plan.apps.flatMap(({ onlyIn, service: { role, variable } }): SettingPlan[] =>
    onlyIn === undefined
      ? []
      : [
          {
            key: `${variable}Enabled`,
            code: `setting(flag(), { description: ${json(`Run the service ${role}.`)}, default: false })`,
            imports: ["setting", "flag"],
            values: { [onlyIn]: true },
          },
        ],
  );
  const replicas = plan.apps.flatMap(({ service: { by, role, variable } }): SettingPlan[] => {
    const counts = Object.fromEntries(
      STACKS.flatMap((stack) => (by[stack] === undefined ? [] : [[stack, Math.max(1, by[stack].replicas)]])),
    );
    if (Object.values(counts).every((count) => count === 1)) return [];
    return [
      {
        key: `${variable}Replicas`,
        code: `setting(integer({ min: 1, max: 99, what: "the number of containers" }), { description: ${json(`Containers of ${role} at the same time.`)}, default: 1 })`,
        imports: ["setting", "integer"],
        values: counts,
      },
    ];
  });
  const secrets = plan.apps.flatMap(({ secretFiles, service: { role } }) =>
    secretFiles.map(
      ({ key, path }): SettingPlan => ({
        key,
        code: `setting(secret(), { description: ${json(`Content of ${path} in ${role}.`)}, optional: true })`,
        imports: ["setting", "secret"],
        values: {},
      }),
    ),
  );
  const all = [...plan.exposure.settings, ...images, ...switches, ...replicas, ...secrets];
  return all.filter((one, index) => all.findIndex(({ key }) => key === one.key) === index);
}

/** The text of settings.ts. */
export function settingsText(plan: SystemPlan, ports: FreePorts): string {
  const { name, apps, postgres, redis, exposure, volumes } = plan;
  const own = settingsOf(plan);
  const hasGateway = exposure.routes.size > 0;
  const limits = [
    ...apps.map(
      ({ service }) => `${propertyName(service.role)}: ${limitsText(limitsOf(service, "production"))}`,
    ),
    ...(postgres === undefined ? [] : [`postgres: ${limitsText(postgres.limits.production)}`]),
    ...(redis === undefined ? [] : [`redis: ${limitsText(redis.limits.production)}`]),
    ...(hasGateway ? ["gateway: SERVER_LIMITS.gateway"] : []),
    ...(plan.apps.some(({ inside }) => inside !== undefined) ? ["inside: SERVER_LIMITS.gateway"] : []),
  ];
  const data = [
    ...(postgres === undefined ? [] : ["postgres"]),
    ...(redis === undefined ? [] : ["redis"]),
    ...volumes,
  ];
  const roles = variableOwners(plan)
    .map(({ role }) => json(role))
    .join(", ");
  const groups = [
    ...(hasGateway
      ? [`...gatewaySettings(${ports.gateway.production}),`, `...tunnelSettings(${json(name)}),`]
      : []),
    ...(postgres === undefined ? [] : [`...ownPostgresSettings(${ports.postgres.production}),`]),
    ...(redis === undefined ? [] : ["...ownRedisSettings,"]),
    ...(apps.length === 0 ? [] : [`...variableSettings(${roles}),`]),
    ...bracketed("...limitSettings({", limits, "}),"),
    `...hostSettings(${(data.length === 0 ? ["none"] : data).map((role) => json(role)).join(", ")}),`,
  ];
  const rest = rulesText(plan);
  const used = groups.flatMap((line) => /^\.\.\.(\w+)/.exec(line)?.[1] ?? []);
  const imports = new Set([
    ...["commonSettings", "type ProgramSettings"],
    ...used,
    ...own.flatMap((one) => one.imports),
    ...(hasGateway ? ["SERVER_LIMITS"] : []),
  ]);
  return [
    `// What staging and production of ${name} may set.`,
    ...bracketed(
      "import {",
      [...imports].sort((a, b) => a.replace("type ", "").localeCompare(b.replace("type ", ""))),
      `} from ${json("tandem/settings")};`,
    ),
    "",
    "const keys = {",
    ...[...own.map(({ key, code }) => `${key}: ${code},`), ...groups].map((line) => `  ${line}`),
    "};",
    "",
    `/** Settings of ${name}. */`,
    "export const settings = commonSettings({",
    "  keys,",
    "  replicated: [],",
    ...rest.map((line) => `  ${line}`),
    "});",
    "",
    `/** Settings of ${name} as its topology gets them. */`,
    "export type Values = ProgramSettings<typeof keys>;",
    "",
  ].join("\n");
}

function rulesText(plan: SystemPlan): string[] {
  const { apps, exposure } = plan;
  const counts = apps.flatMap(({ onlyIn, service: { by, role, variable } }) => {
    const many = STACKS.some((stack) => (by[stack]?.replicas ?? 1) > 1);
    const count = many ? `(values.${variable}Replicas ?? 1)` : "1";
    if (onlyIn === undefined && !many) return [];
    return [
      `${propertyName(role)}: ${onlyIn === undefined ? count : `values.${variable}Enabled ? ${count} : 0`}`,
    ];
  });
  const ports = [...exposure.published.values()].flat().map(({ key }) => json(key));
  const images = imagesOf(plan).flatMap(({ image, roles }) =>
    image.released && image.setting !== undefined ? [`${image.setting.key}: ${literal(roles)}`] : [],
  );
  const hasGateway = exposure.routes.size > 0;
  const release = [
    "release: {",
    `  images: { ${images.join(", ")} },`,
    hasGateway
      ? '  smokeTests: ({ hostname: host }) => [{ hostname: host, path: "/" }],'
      : "  smokeTests: () => [],",
    ...(hasGateway ? ['  login: { user: "basicAuthUser", password: "basicAuthPassword" },'] : []),
    "},",
  ];
  return [
    ...(counts.length === 0 ? [] : [`containers: (values) => ({ ${counts.join(", ")} }),`]),
    ...(ports.length === 0
      ? []
      : [
          "listeners: (values) =>",
          `  ([${ports.join(", ")}] as const).flatMap((key) =>`,
          '    values[key] === undefined ? [] : [{ key, port: values[key], address: "127.0.0.1", dockerHost: values.dockerHost }],',
          "  ),",
        ]),
    ...(images.length === 0 ? [] : release),
  ];
}

/** The text of a stack file without the variables of its services. */
export function stackText(plan: SystemPlan, stack: Stack, ports: FreePorts): string {
  const { name, postgres, redis, exposure, dockerHosts } = plan;
  const values: Record<string, unknown> = {};
  const put = (key: string, value: unknown) => {
    if (value !== undefined) values[`${name}:${key}`] = value;
  };
  for (const { key, values: own } of settingsOf(plan)) put(key, own[stack]);
  put("dockerHost", dockerHosts[stack]);
  if (exposure.routes.size > 0) put("hostPort", ports.gateway[stack]);
  if (postgres !== undefined) put("postgresPort", ports.postgres[stack]);
  // From here the server there is reached through a forward (docs/docker-host.md).
  if (postgres !== undefined && dockerHosts[stack] !== undefined)
    put("postgresForwardPort", ports.postgres[stack] + FORWARDED);
  put("postgresImage", postgres?.images[stack]);
  put("redisImage", redis?.images[stack]);
  if (stack === "staging") {
    if (exposure.routes.size > 0) put("noindex", true);
    put("protectData", false);
  }
  const limits = limitsByRole(plan, stack);
  const others = limitsByRole(plan, "production");
  const differing = Object.entries(limits).filter(([role, one]) => json(one) !== json(others[role]));
  if (differing.length > 0) put("limits", Object.fromEntries(differing));
  values["tandem:policies"] = policies(plan, stack);
  const head = `# What ${stack} sets. Everything else has the default that stands in Pulumi.yaml.\n`;
  return `${head}${stringify({ config: values }, { lineWidth: 0 })}`;
}

function limitsByRole({ apps, postgres, redis, exposure }: SystemPlan, stack: Stack): Record<string, Limits> {
  return {
    ...Object.fromEntries(apps.map(({ service }) => [service.role, limitsOf(service, stack)])),
    ...(postgres?.limits[stack] === undefined ? {} : { postgres: postgres.limits[stack] }),
    ...(redis?.limits[stack] === undefined ? {} : { redis: redis.limits[stack] }),
    ...(exposure.routes.size > 0 ? { gateway: GATEWAY_LIMITS } : {}),
    ...(apps.some(({ inside }) => inside !== undefined) ? { inside: GATEWAY_LIMITS } : {}),
  };
}

/** The share of each environment, with room for a second container while one takes over; the host has both, or each its own. */
function policies(plan: SystemPlan, stack: Stack) {
  const sums = STACKS.map((stack) =>
    Object.entries(limitsByRole(plan, stack)).reduce(
      (sum, [role, { cpus, memory, pids }]) => {
        const count = Math.max(
          1,
          plan.apps.find(({ service }) => service.role === role)?.service.by[stack]?.replicas ?? 1,
        );
        return {
          cpus: sum.cpus + cpus * count,
          memoryMb: sum.memoryMb + Number.parseInt(memory, 10) * count,
          pids: sum.pids + pids * count,
        };
      },
      { cpus: 0, memoryMb: 0, pids: 0 },
    ),
  );
  const most = (key: "cpus" | "memoryMb" | "pids") => Math.max(...sums.map((sum) => sum[key]));
  const budget = {
    cpus: Math.ceil(most("cpus")) + 1,
    memoryMb: Math.ceil(most("memoryMb") / 512) * 512 + 512,
    pids: Math.ceil(most("pids") / 256) * 256 + 256,
  };
  const { staging, production } = plan.dockerHosts;
  const [name, shares] = staging === production ? [plan.name, 2] : [`${plan.name}-${stack}`, 1];
  return { host: { name, cpus: budget.cpus * shares, memoryMb: budget.memoryMb * shares }, budget };
}

function limitsText(limits: Limits | undefined): string {
  const { cpus = 1, memory = "512m", pids = 256 } = limits ?? {};
  return `{ cpus: ${cpus}, memory: ${json(memory)}, pids: ${pids} }`;
}

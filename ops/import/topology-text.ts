// The text of topology.ts.
import { printable } from "../../lib/printable.ts";
import { access, literal } from "./literal.ts";
import { STACKS } from "./pair.ts";
import { orderedApps, releaseText, serviceText, volumeVariable } from "./service-text.ts";
import type { SystemPlan } from "./system-plan.ts";

const json = JSON.stringify;

/** The text of a system's topology. */
export function topologyText(plan: SystemPlan): string {
  const own = plan.apps.filter(({ service }) => plan.release?.members.has(service.role) !== true);
  const body = [
    ...servers(plan),
    ...gateway(plan),
    ...insideGateway(plan),
    ...volumes(plan),
    ...orderedApps(own).flatMap((app) => serviceText(app, plan)),
    ...(plan.release === undefined ? [] : releaseText(plan.release, plan)),
  ];
  const code = body.join("\n");
  const sources = [...new Set(STACKS.flatMap((stack) => plan.sources[stack]))];
  // In a comment, which a line break would end.
  const from = printable(sources.join(", ")).replaceAll("\n", " ");
  const components = [
    "AppService",
    "DataVolume",
    "type Environment",
    "Gateway",
    "Job",
    "PgDatabase",
    "RedisInstance",
    "Release",
  ].filter((name) => name.startsWith("type ") || code.includes(`new ${name}(`));
  const last = outputs(plan);
  const all = [...body, ...last].join("\n");
  const parts = ["createGateway", "createTunnelRoute", "defineSystem", "ownPostgres"].filter(
    (name) => name === "defineSystem" || all.includes(`${name}(`),
  );
  const text = [
    `// ${plan.name}: made by \`tandem import\` from ${from}. IMPORT.md says what needs a decision.`,
    ...(code.includes("readFileSync(") ? [`import { readFileSync } from ${json("node:fs")};`] : []),
    ...(code.includes("join(") ? [`import { join } from ${json("node:path")};`] : []),
    `import { ${components.join(", ")} } from ${json("tandem")};`,
    `import { ${parts.join(", ")} } from ${json("tandem/system")};`,
    `import { settings, type Values } from ${json("./settings.ts")};`,
    "",
    ...(code.includes("passwordIn")
      ? [
          "/** The password in a URL. */",
          "const passwordIn = (url: string) => decodeURIComponent(new URL(url).password);",
          "",
        ]
      : []),
    "/** Builds one environment. It doesn't know which: what differs is a setting. */",
    "function topology(env: Environment, settings: Values) {",
    ...(/\blimits[.[]/.test(code) ? ["  const { limits } = settings;"] : []),
    ...body.map((line) => (line === "" ? "" : `  ${line}`)),
    ...last.map((line) => `  ${line}`),
    "}",
    "",
    "/** The system. */",
    `export const system = defineSystem({ name: ${json(plan.name)}, settings, topology });`,
    "",
  ];
  return text.join("\n");
}

function servers({ postgres, redis }: SystemPlan): string[] {
  const extensions = postgres?.extensions ?? [];
  const more = extensions.length === 0 ? "" : `, extensions: ${literal(extensions)}`;
  return [
    ...(postgres === undefined
      ? []
      : [`const postgres = new PgDatabase("postgres", { env, server: ownPostgres(settings)${more} });`]),
    ...(redis === undefined
      ? []
      : [
          'const redis = new RedisInstance("redis", { env, image: settings.redisImage, limits: limits.redis });',
        ]),
  ];
}

function gateway({ exposure }: SystemPlan): string[] {
  return exposure.routes.size === 0 ? [] : ["const gateway = createGateway(env, settings);"];
}

/** The gateway by which services call each other by name. */
function insideGateway({ apps }: SystemPlan): string[] {
  const names = apps.flatMap(({ inside }) => (inside?.names ?? []).map((name) => [name, inside?.port]));
  if (names.length === 0) return [];
  return [
    'const inside = new Gateway("inside", {',
    "  env,",
    '  role: "inside",',
    "  image: settings.gatewayImage,",
    "  limits: limits.inside,",
    `  names: ${literal(Object.fromEntries(names))},`,
    "});",
  ];
}

/** Hostnames of all services; of one that only one environment has, where it runs. */
function hostnames(plan: SystemPlan): string[] {
  const words = plan.apps.flatMap(({ service: { role, variable }, onlyIn }) => {
    const route = plan.exposure.routes.get(role);
    if (route === undefined) return [];
    const own = [
      `settings.${route.key}`,
      ...(route.aliases === undefined ? [] : [`...settings.${route.aliases}`]),
    ];
    return onlyIn === undefined ? own : [`...(settings.${variable}Enabled ? [${own.join(", ")}] : [])`];
  });
  const always = new Set(words.filter((word) => !word.includes("?")));
  return [
    ...always,
    ...words.filter((word) => word.includes("?") && ![...always].some((one) => word.includes(`[${one}]`))),
  ];
}

function volumes(plan: SystemPlan): string[] {
  return plan.volumes.map((role) => {
    const user = plan.apps.find(({ mounts }) => mounts.volumes.some((one) => one.role === role));
    const own = /"(\d+:\d+)"/.exec(user?.args.user ?? plan.release?.args.user ?? "")?.[1] ?? "0:0";
    return `const ${volumeVariable(role)} = new DataVolume(${json(role)}, { env, role: ${json(role)}, image: ${toolImage(plan)}, owner: ${json(own)} });`;
  });
}

/** An image with `chown`, for what gives a volume to its owner: the application's own may have none, or not be built yet. */
function toolImage({ exposure, postgres, redis }: SystemPlan): string {
  if (exposure.routes.size > 0) return "settings.gatewayImage";
  if (postgres !== undefined) return "settings.postgresImage";
  return redis === undefined ? json("busybox:1.37.0-uclibc") : "settings.redisImage";
}

function outputs(plan: SystemPlan): string[] {
  const containers = plan.apps
    .filter(({ once }) => !once)
    .map(({ service: { role, variable }, onlyIn }) =>
      plan.release?.members.has(role)
        ? `${variable}: ${plan.release.shared.variable}.containers${access(role)}`
        : `${variable}: ${variable}${onlyIn === undefined ? "" : "?"}.containers`,
    );
  if (plan.exposure.routes.size === 0) return [`return { containers: { ${containers.join(", ")} } };`];
  return [
    `const tunnel = createTunnelRoute(env, gateway, [${hostnames(plan).join(", ")}], settings);`,
    "return {",
    "  hostname: settings.hostname,",
    "  urls: tunnel.urls,",
    "  gateway: gateway.address,",
    `  containers: { ${containers.join(", ")} },`,
    ...(plan.postgres === undefined ? [] : ["  database: postgres.database,"]),
    "};",
  ];
}

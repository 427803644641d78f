// The system that two sets of files become: which components, with which arguments, and what each stack sets.
import { relative } from "node:path";
import { callableNames, calledByName } from "./callers.ts";
import { Commands } from "./commands.ts";
import { tellOfDifferences, tellOfOwner, tellOfProjects, tellOfRouters, tellOfStop } from "./differences.ts";
import { type FileSecret, fileSecrets } from "./file-secrets.ts";
import { portOf } from "./hostnames.ts";
import { type ImagePlan, imageOf } from "./images.ts";
import { jobsOf } from "./jobs.ts";
import { isStateful } from "./kinds.ts";
import { dockerHostsOf } from "./machines.ts";
import { type Mounts, mountsOf, Volumes } from "./mounts.ts";
import { Notes } from "./notes.ts";
import type { Origin } from "./origin.ts";
import { type Pair, type PairedService, type PerStack, STACKS, type Stack } from "./pair.ts";
import { hoisted, type ReleasePlan } from "./release.ts";
import { type Exposure, exposureOf } from "./routes.ts";
import { SecretValues } from "./secret-values.ts";
import { tellOfClient } from "./server-notes.ts";
import { extensionsOf, type ServerPlan, serverPlan, serversOf } from "./servers.ts";
import { type Arguments, argumentsOf, openWords } from "./service-args.ts";
import { type Surroundings, type Variables, variablesOf } from "./variables.ts";

/** An application. */
export interface AppPlan {
  service: PairedService;
  /** None where it runs the release's. */
  image?: ImagePlan;
  args: Arguments;
  port?: number;
  mounts: Mounts;
  variables: Variables;
  /** Does it run once, before others start? */
  once: boolean;
  /** Command of the migration that runs before it. */
  migration?: string[];
  secretFiles: FileSecret[];
  /** Where two versions can't run beside each other, since only one process can have its files, ports or names: the names. */
  names?: string[];
  /** Where others call it by HTTP: its names at the gateway inside, and the port that they ask. */
  inside?: { names: string[]; port: number };
  /** The only environment that has it. */
  onlyIn?: Stack;
}

/** The system. */
export interface SystemPlan {
  name: string;
  /** Folder that its files will lie in. */
  target: string;
  /** How the page names the files that it came from. */
  sources: Record<Stack, readonly string[]>;
  apps: AppPlan[];
  /** What releases several of them together. */
  release?: ReleasePlan;
  postgres?: ServerPlan & { extensions: string[] };
  redis?: ServerPlan;
  volumes: string[];
  /** Docker hosts that the files name. */
  dockerHosts: PerStack<string>;
  exposure: Exposure;
  notes: Notes;
  commands: Commands;
}

/** What to plan. */
export interface PlanRequest {
  name: string;
  /** Whose files they are. */
  origin: Origin;
  pair: Pair;
  /** Folder that the files' paths begin in. */
  folder: string;
  target: string;
  /** Where commands are typed. */
  root: string;
  sources: Record<Stack, readonly string[]>;
}

/** Plans it; touches nothing. */
export function planSystem({ name, origin, pair, folder, target, root, sources }: PlanRequest): SystemPlan {
  const notes = new Notes(origin);
  const commands = new Commands(name);
  const { services } = pair;
  tellOfProjects(pair, relative(root, folder), notes, commands);
  const dockerHosts = dockerHostsOf(pair.projects, notes, commands);
  const { together } = pair;
  const all = services.filter(({ kind }) => kind === "app");
  // What is released together runs on, whatever it is called.
  const isMember = ({ role }: PairedService) => together?.members.has(role) === true;
  const jobs = jobsOf(
    all.filter((one) => !isMember(one)),
    notes,
  );
  const { migrations, once } = jobs;
  const running = all.filter((one) => isMember(one) || jobs.apps.includes(one));
  const servers = serversOf(services, notes);
  const exposure = exposureOf(
    running.filter(({ role }) => !once.has(role)),
    name,
    notes,
    commands,
  );
  const secretValues = new SecretValues(pair);
  const volumes = new Volumes(services.map(({ role }) => role));
  const login = migrations.size > 0 ? "url" : "ownerUrl";
  const missing = { staging: pair.projects.staging.missing, production: pair.projects.production.missing };
  const called = calledByName([...running, ...(together === undefined ? [] : [together.shared])]);
  const mustBeAlone = ({ main, role }: PairedService) => isStateful(main) || exposure.published.has(role);
  const isCalled = (service: PairedService) =>
    called.has(service.role) && !exposure.routes.has(service.role) && !mustBeAlone(service);
  // Only where there is a gateway is its image known.
  const insidePort = (service: PairedService) =>
    isCalled(service) && exposure.routes.size > 0 ? called.get(service.role)?.httpPort : undefined;
  const others = new Map(
    running
      .filter((service) => !mustBeAlone(service) && !isCalled(service))
      .flatMap(({ main, role }) => main.names.map((host) => [host, role] as const)),
  );
  const surroundings: Surroundings = {
    ...{ servers: servers.map(({ server }) => server), login, others, commands, secretValues, missing },
  };
  const apps = running.map((service): AppPlan => {
    const { main, role } = service;
    const inside = insidePort(service);
    const port = inside ?? portOf(main);
    tellOfDifferences(service, notes);
    tellOfRouters(service, notes);
    const variables = variablesOf(service, surroundings, notes);
    const migration = openWords(
      "migration's command",
      migrations.get(role),
      role,
      secretValues,
      notes,
      (code) => `migration: { command: ${code} }`,
    );
    const alone = mustBeAlone(service) || (isCalled(service) && inside === undefined);
    if (alone) tellOfStop(service, mustBeAlone(service), notes);
    tellOfClient(role, variables, login, notes);
    const onlyIn = STACKS.find((stack) =>
      STACKS.every((other) => (service.by[other] !== undefined) === (other === stack)),
    );
    return {
      service,
      ...(alone ? { names: callableNames(service) } : {}),
      ...(inside === undefined ? {} : { inside: { names: callableNames(service), port: inside } }),
      ...(together?.members.has(role)
        ? {}
        : { image: imageOf(service, name, target, secretValues, notes, commands) }),
      once: once.has(role),
      args: argumentsOf(main, role, once.has(role) ? "once" : port, secretValues, notes),
      mounts: mountsOf(main, role, folder, volumes, secretValues, notes),
      variables,
      secretFiles: fileSecrets(service, pair, notes, commands),
      ...(port === undefined ? {} : { port }),
      ...(migration === undefined ? {} : { migration }),
      ...(onlyIn === undefined ? {} : { onlyIn }),
    };
  });
  for (const { role } of running) {
    if (together?.members.has(role)) notes.taken(role, `a service of the release ${together.shared.role}`);
    else if (!once.has(role)) notes.taken(role, "an AppService");
  }
  for (const {
    mounts,
    args,
    service: { role },
  } of apps) {
    if (once.has(role) && mounts.volumes.length > 0)
      notes.decide(role, "a Job has no volumes: what it writes to them, let a service write at its start");
    if (mounts.volumes.length > 0 && !/"\d+:\d+"/.test(args.user ?? "")) tellOfOwner(role, notes);
  }
  let release: ReleasePlan | undefined;
  if (together !== undefined) {
    const { shared, members } = together;
    const variables = variablesOf(shared, surroundings, notes);
    tellOfClient(shared.role, variables, login, notes);
    const image = imageOf(shared, name, target, secretValues, notes, commands);
    const args = hoisted(apps.filter(({ service }) => members.has(service.role)));
    release = { ...together, image, args, variables };
    notes.taken(shared.role, "a Release: its services run one image, and all take over, or none");
  }
  const of = (kind: "postgres" | "redis") => services.find((one) => one.kind === kind);
  return {
    name,
    target,
    sources,
    apps,
    ...(release === undefined ? {} : { release }),
    ...serverPlan("postgres", of("postgres"), notes, { extensions: extensionsOf(of("postgres")) }),
    ...serverPlan("redis", of("redis"), notes, {}),
    volumes: [...volumes.roles.values()],
    dockerHosts,
    exposure,
    notes,
    commands,
  };
}

/** Whoever has variables: the services, and the release for all of its own. */
export function variableOwners({ apps, release }: SystemPlan): { role: string; variables: Variables }[] {
  const own = apps.map(({ service, variables }) => ({ role: service.role, variables }));
  return [
    ...(release === undefined ? [] : [{ role: release.shared.role, variables: release.variables }]),
    ...own,
  ];
}

/** Images, with the roles of the services that run them. */
export function imagesOf({ apps, release }: SystemPlan): { image: ImagePlan; roles: string[] }[] {
  const own = apps.flatMap(({ image, service }) =>
    image === undefined ? [] : [{ image, roles: [service.role] }],
  );
  return [...(release === undefined ? [] : [{ image: release.image, roles: [...release.members] }]), ...own];
}

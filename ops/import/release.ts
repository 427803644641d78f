// Services of one image that are released together, such as Kamal's roles: what all of them have in common is said once.
import type { ComposeService } from "./compose/model.ts";
import type { ImagePlan } from "./images.ts";
import { type PairedService, type PerStack, STACKS } from "./pair.ts";
import type { Arguments } from "./service-args.ts";
import type { Variables } from "./variables.ts";

/** Services that are released together, and what they share as if it were a service of its own. */
export interface Together {
  shared: PairedService;
  /** Their roles. */
  members: ReadonlySet<string>;
}

/** The release in the topology. */
export interface ReleasePlan extends Together {
  image: ImagePlan;
  /** Arguments for all. */
  args: Arguments;
  variables: Variables;
}

/** Takes the variables that all services have with the same value out of them. */
export function together(
  role: string,
  variable: string,
  services: readonly PairedService[],
): { together: Together; services: PairedService[] } {
  const names = sharedNames(services);
  const [first] = services;
  if (first === undefined) throw new RangeError("there is no service to release");
  const by: PerStack<ComposeService> = Object.fromEntries(
    STACKS.flatMap((stack) => {
      const one = services.find((service) => service.by[stack] !== undefined)?.by[stack];
      if (one === undefined) return [];
      const dependsOn = Object.assign({}, ...services.map((service) => service.by[stack]?.dependsOn));
      return [
        [stack, { ...withVariables(one, (name) => names.has(name)), mounts: [], ports: [], dependsOn }],
      ];
    }),
  );
  const shared = {
    ...first,
    name: role,
    role,
    variable,
    by,
    main: by.production ?? by.staging ?? first.main,
  };
  const own = services.map((service): PairedService => {
    const stripped: PerStack<ComposeService> = Object.fromEntries(
      STACKS.flatMap((stack) => {
        const one = service.by[stack];
        if (one === undefined) return [];
        return [[stack, { ...withVariables(one, (name) => !names.has(name)), dependsOn: {} }]];
      }),
    );
    return { ...service, by: stripped, main: stripped.production ?? stripped.staging ?? service.main };
  });
  return { together: { shared, members: new Set(services.map((one) => one.role)) }, services: own };
}

/** Variables that, in each environment, all services have alike or none has. */
function sharedNames(services: readonly PairedService[]): Set<string> {
  const all = services.flatMap(({ by }) =>
    STACKS.flatMap((stack) => Object.keys(by[stack]?.environment ?? {})),
  );
  const isAlike = (name: string) =>
    STACKS.every((stack) => {
      const values = services.flatMap(({ by }) => {
        const own = by[stack];
        return own === undefined
          ? []
          : [JSON.stringify([own.environment[name] ?? null, own.secretNames?.includes(name) === true])];
      });
      return new Set(values).size <= 1;
    });
  return new Set(all.filter(isAlike));
}

function withVariables(service: ComposeService, isKept: (name: string) => boolean): ComposeService {
  const environment = Object.fromEntries(
    Object.entries(service.environment).filter(([name]) => isKept(name)),
  );
  return { ...service, environment, secretNames: (service.secretNames ?? []).filter(isKept) };
}

/** Arguments that all have with the same value; they are taken out of each. A command is a service's, and never a release's. */
export function hoisted(all: readonly { args: Arguments }[]): Arguments {
  const [first] = all;
  const common = Object.entries(first?.args ?? {}).filter(
    ([name, code]) => name !== "command" && all.every(({ args }) => args[name] === code),
  );
  for (const { args } of all) for (const [name] of common) delete args[name];
  return Object.fromEntries(common);
}

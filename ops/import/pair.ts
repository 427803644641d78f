// Staging's and production's services side by side, with the names that they get here.
import { MAX_NAME } from "../../components/names.ts";
import type { ComposeService } from "./compose/model.ts";
import { type Kind, kindOf } from "./kinds.ts";
import type { Project } from "./project.ts";
import { type Together, together } from "./release.ts";

/** The two environments, in the order in which things are said of them. */
export const STACKS = ["staging", "production"] as const;
/** One of the two. */
export type Stack = (typeof STACKS)[number];
/** Something of each environment, as far as it has it. */
export type PerStack<T> = Partial<Record<Stack, T>>;

/** A service of both environments, or of one. */
export interface PairedService {
  /** Its name in the files. */
  name: string;
  /** Its name here: an AppService's or a server's. */
  role: string;
  /** The constant that holds it in the topology. */
  variable: string;
  kind: Kind;
  by: PerStack<ComposeService>;
  /** As production has it, or staging where production doesn't: what the topology follows. */
  main: ComposeService;
}

/** Both environments. */
export interface Pair {
  projects: Record<Stack, Project>;
  services: PairedService[];
  /** Those that are released together. */
  together?: Together;
}

/** Names that mean something else in a topology. */
const RESERVED = new Set(
  (
    "env settings limits gateway inside tunnel postgres redis system topology hostname Values pulumi " +
    "break case catch class const continue debugger default delete do else enum export extends false finally for function " +
    "if import in instanceof new null return super switch this throw true try typeof var void while with yield let static await " +
    // A module is strict, and what topology.ts calls must not be hidden.
    "implements interface package private protected public eval arguments undefined " +
    "join readFileSync passwordIn createGateway createTunnelRoute defineSystem ownPostgres"
  ).split(" "),
);

/** Pairs the services by their names. */
export function pairOf(projects: Record<Stack, Project>): Pair {
  const each = {
    staging: new Map(projects.staging.services.map((one) => [one.name, one])),
    production: new Map(projects.production.services.map((one) => [one.name, one])),
  };
  const names = new Set([...each.production.keys(), ...each.staging.keys()]);
  const taken = new Set<string>(["postgres", "redis", "gateway", "inside", "tunnel"]);
  const servers = new Set<Kind>();
  const services = [...names].flatMap((name): PairedService[] => {
    const staging = each.staging.get(name);
    const production = each.production.get(name);
    const main = production ?? staging;
    if (main === undefined) return [];
    const found = kindOf(main);
    // One server of each kind is a component; a second one runs as it ran in compose.
    const isServer = found === "postgres" || found === "redis";
    const kind = isServer && servers.has(found) ? "app" : found;
    servers.add(kind);
    const role = kind === "postgres" || kind === "redis" ? kind : roleFor(name, taken);
    const variable = kind === role ? role : variableFor(role);
    const by = {
      ...(staging === undefined ? {} : { staging }),
      ...(production === undefined ? {} : { production }),
    };
    return [{ name, role, variable, kind, by, main }];
  });
  const named = new Set(STACKS.flatMap((stack) => projects[stack].together ?? []));
  const members = services.filter(({ name, kind }) => kind === "app" && named.has(name));
  if (members.length < 2) return { projects, services };
  const role = roleFor("app", taken);
  const made = together(role, variableFor(role), members);
  const others = services.filter((one) => !members.includes(one));
  return { projects, services: [...made.services, ...others], together: made.together };
}

/** A name that containers and variables can have, and that nobody has yet. */
export function roleFor(name: string, taken: Set<string>): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, MAX_NAME)
    .replace(/-+$/, "");
  const base = plain.length < 2 ? `${plain || "app"}-app`.replace(/^app-app$/, "app") : plain;
  let role = base;
  // `app-1` and `app1` are one name in a program.
  const isTaken = () => taken.has(role) || taken.has(variableFor(role));
  for (let count = 2; isTaken(); count++) role = `${base.slice(0, MAX_NAME - 3)}-${count}`;
  taken.add(role).add(variableFor(role));
  return role;
}

/** A role as a constant's name. */
export function variableFor(role: string): string {
  const camel = role.replaceAll(/-+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  // A volume's constant ends so.
  return RESERVED.has(camel) || camel.endsWith("Volume") ? `${camel}Service` : camel;
}

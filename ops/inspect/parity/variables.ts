// Variables that stacks give their services: each is told once, where its service states it, and its value may differ.
import type { Settings } from "../../../infra/settings/define.ts";
import { metaOf } from "../../../infra/settings/kind.ts";
import { isMap } from "../../../infra/settings/structures.ts";
import { literally } from "../../../lib/literally.ts";

/** A variable that a stack gives a service besides what the topology sets. */
export interface GivenVariable {
  service: string;
  name: string;
  secret: boolean;
}

/** Why the value of a variable that both stacks give may differ. */
const MAY_DIFFER = "a variable of the stack files: both have it, and its value may differ";

/** The settings without their variables, and those by service and name. */
export function splitVariables(
  keys: Settings,
  values: Readonly<Record<string, unknown>>,
): { settings: Record<string, unknown>; variables: GivenVariable[] } {
  const kindOf = (key: string) => keys[key] && metaOf(keys[key].schema).variables;
  const variables = Object.entries(values).flatMap(([key, value]) => {
    const kind = kindOf(key);
    if (kind === undefined || !isMap(value)) return [];
    return Object.entries(value).flatMap(([service, named]) =>
      Object.keys(isMap(named) ? named : {}).map((name) => ({ service, name, secret: kind.secret })),
    );
  });
  const own = Object.entries(values).filter(([key]) => kindOf(key) === undefined);
  return { settings: Object.fromEntries(own), variables };
}

/** The variables of a pair of stacks, as paths of facts. */
export class PairVariables {
  /** Where a service's variable arrives, besides the service that states it. */
  readonly #arrivals: RegExp | undefined;
  readonly #inBoth: ReadonlySet<string>;

  constructor(one: readonly GivenVariable[], other: readonly GivenVariable[]) {
    const places = [...one, ...other].map(({ service, name }) => {
      const [role, variable] = [literally(service), literally(name)];
      const owner = `Migration:${role}-migration|(?:Container|ContainerStart):(?:.*[_-])?${role}-\\d+(?:-start)?`;
      return `(?:${owner})\\.(?:(?:environment|envs)\\.${variable}(?:_FILE)?|files\\./run/secrets/${variable})`;
    });
    this.#arrivals = places.length === 0 ? undefined : new RegExp(`^(?:${places.join("|")})$`);
    const theirs = new Set(other.map(stated));
    this.#inBoth = new Set(one.map(stated).filter((path) => theirs.has(path)));
  }

  /** Whether a path only repeats what the service states. */
  repeats(path: string): boolean {
    return this.#arrivals?.test(path) ?? false;
  }

  /** Why a difference at a path may be; undefined where nothing here allows it. */
  reason(path: string): string | undefined {
    return this.#inBoth.has(path) ? MAY_DIFFER : undefined;
  }
}

/** Where a service states a variable: a plain one with its value, a secret one by its name alone. */
function stated({ service, name, secret }: GivenVariable): string {
  return `AppService:${service}.${secret ? "secrets" : "environment"}.${name}`;
}

// The Docker host of each environment, where the files say on which machines it runs.
import { parseSshHost } from "../../infra/settings/network.ts";
import type { Commands } from "./commands.ts";
import { shownUnknown, unknownIn } from "./compose/interpolate.ts";
import type { Notes } from "./notes.ts";
import { type PerStack, STACKS, type Stack } from "./pair.ts";
import type { Machines, Project } from "./project.ts";

/** This machine, by its names. */
const LOCAL = /^(localhost|127(\.\d+){3}|::1)$/;
/** A host that nobody has. */
const EXAMPLE = "ssh://root@server.example.com";

/** The value of the setting `dockerHost`, for each environment that has one; tells of all others. */
export function dockerHostsOf(
  projects: Readonly<Record<Stack, Project>>,
  notes: Notes,
  commands: Commands,
): PerStack<string> {
  return Object.fromEntries(
    STACKS.flatMap((stack) => {
      const { machines } = projects[stack];
      const host = machines === undefined ? undefined : hostOf(machines, stack, notes, commands);
      return host === undefined ? [] : [[stack, host]];
    }),
  );
}

function hostOf(machines: Machines, stack: Stack, notes: Notes, commands: Commands): string | undefined {
  const { roles, accessories, user, port } = machines;
  const own = [...new Set(Object.values(roles).flat())];
  const hosts = own.length > 0 ? own : [...new Set(Object.values(accessories).flat())];
  const [host, ...others] = hosts;
  if (host === undefined) return undefined;
  for (const [name, there] of Object.entries(accessories)) {
    const elsewhere = there.filter((one) => !hosts.includes(one));
    if (elsewhere.length > 0 || there.length > 1) {
      notes.decide(
        name,
        `it ran on ${shown(there)} in ${stack}: here all of an environment is on its one Docker host`,
      );
    }
  }
  const url = (one: string) => {
    const place = one.includes(":") ? `[${one}]` : one;
    return `ssh://${user}@${place}${port === 22 ? "" : `:${port}`}`;
  };
  if (others.length > 0) {
    const known = unknownIn(host).length === 0 && parseSshHost(url(host)) !== undefined;
    notes.decide(
      "all",
      `${stack} ran on ${hosts.length} hosts (${shown(hosts)}), and an environment is one Docker host here: say which. Until then it is this machine's`,
      commands.set(stack, ["dockerHost"], known ? url(host) : EXAMPLE),
    );
    return undefined;
  }
  if (LOCAL.test(host)) return undefined;
  if (unknownIn(host + user).length > 0 || parseSshHost(url(host)) === undefined) {
    notes.decide(
      "all",
      `the host of ${stack}, ${shown([host])}, is not known here. Until it is said it is this machine's Docker`,
      commands.set(stack, ["dockerHost"], EXAMPLE),
    );
    return undefined;
  }
  notes.taken("all", `${stack} runs on the Docker host ${url(host)}, which you must be able to log in to`);
  return url(host);
}

const shown = (hosts: readonly string[]) => hosts.map(shownUnknown).join(", ");

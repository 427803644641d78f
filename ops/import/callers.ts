// Which services others reach by compose's names, and how: by HTTP a gateway can answer, else one container at a time.
import { networkName } from "../../components/names.ts";
import { type PairedService, STACKS } from "./pair.ts";

/** Whether a value names a host, alone, in a URL or in a list. */
export function namesHost(value: string, host: string): boolean {
  return new RegExp(`(^|[/@,=\\s])${escaped(host)}(:\\d+)?($|[/,;\\s])`).test(value);
}

/** Names of a service that others can ask for. */
export function callableNames({ by }: PairedService): string[] {
  const all = STACKS.flatMap((stack) => (by[stack] === undefined ? [] : by[stack].names));
  return [...new Set(all)].filter((name) => networkName(name) === undefined);
}

/** How others call a service by its names. */
export interface Calls {
  /** The one port that all of them ask by HTTP; undefined where one asks something else, or doesn't say what. */
  httpPort?: number;
}

/** Services that a variable, a command or an entry point of another one names, by their roles. */
export function calledByName(services: readonly PairedService[]): Map<string, Calls> {
  const texts = services.map(({ role, by }) => ({
    role,
    values: STACKS.flatMap((stack) => {
      const { environment = {}, command = [], entrypoint = [] } = by[stack] ?? {};
      return [...Object.values(environment), ...command, ...entrypoint];
    }),
  }));
  const called = services.flatMap((service): [string, Calls][] => {
    const calls = callableNames(service).flatMap((host) =>
      texts
        .filter(({ role }) => role !== service.role)
        .flatMap(({ values }) => values.filter((value) => namesHost(value, host)))
        .map((value) => httpPortIn(value, host)),
    );
    const [port] = calls;
    if (calls.length === 0) return [];
    return [
      [service.role, port !== undefined && calls.every((one) => one === port) ? { httpPort: port } : {}],
    ];
  });
  return new Map(called);
}

/** The port that a value asks a host by HTTP; undefined where it says nothing of HTTP. */
function httpPortIn(value: string, host: string): number | undefined {
  const url = new RegExp(`http://(?:[^/@\\s,;]*@)?${escaped(host)}(?::(\\d+))?(?=$|[/,;\\s])`, "i").exec(
    value,
  );
  return url === null ? undefined : Number(url[1] ?? 80);
}

const escaped = (text: string) => text.replaceAll(/[.*+?^$()[\]{}|\\]/g, "\\$&");

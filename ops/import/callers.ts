// Which services others reach by compose's names: a name is answered by one container at a time.
import { networkName } from "../../components/network-names.ts";
import { type PairedService, STACKS } from "./pair.ts";

/** Whether a value names a host, alone, in a URL or in a list. */
export function namesHost(value: string, host: string): boolean {
  const escaped = host.replaceAll(/[.*+?^$()[\]{}|\\]/g, "\\$&");
  return new RegExp(`(^|[/@,=\\s])${escaped}(:\\d+)?($|[/,;\\s])`).test(value);
}

/** Names of a service that others can ask for. */
export function callableNames({ by }: PairedService): string[] {
  const all = STACKS.flatMap((stack) => (by[stack] === undefined ? [] : by[stack].names));
  return [...new Set(all)].filter((name) => networkName(name) === undefined);
}

/** Roles of the services that a variable, a command or an entry point of another one names. */
export function calledByName(services: readonly PairedService[]): Set<string> {
  const texts = services.map(({ role, by }) => ({
    role,
    values: STACKS.flatMap((stack) => {
      const { environment = {}, command = [], entrypoint = [] } = by[stack] ?? {};
      return [...Object.values(environment), ...command, ...entrypoint];
    }),
  }));
  const called = services.filter((service) =>
    texts.some(
      ({ role, values }) =>
        role !== service.role &&
        callableNames(service).some((host) => values.some((value) => namesHost(value, host))),
    ),
  );
  return new Set(called.map(({ role }) => role));
}

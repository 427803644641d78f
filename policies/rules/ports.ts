// Ports: what the world may reach of an environment is said in words, never by accident.
import { containerRule, isMissing, numberOf, type ResourceRule, records, text } from "../rule.ts";

const LOOPBACK = /^(127\.|::1$|\[::1\]$)/;

interface Published {
  address: string;
  /** Undefined where Docker chooses one. */
  port: number | undefined;
  udp: boolean;
}

function published(facts: Readonly<Record<string, unknown>>): Published[] {
  return records(facts.ports).flatMap(({ ip, external, protocol }) => {
    const port = numberOf(external);
    if (port === undefined && !isMissing(external)) return [];
    // Docker listens everywhere where no address is given.
    return [{ address: text(ip) ?? "0.0.0.0", port, udp: text(protocol) === "udp" }];
  });
}

/** As the stack says it: a port without a protocol is TCP's. */
const place = ({ address, port, udp }: Published) =>
  `${address}:${port ?? "a port that Docker chooses"}${udp ? "/udp" : ""}`;

export const ports: readonly ResourceRule[] = [
  containerRule({
    name: "published-ports",
    group: "ports",
    cis: "5.14",
    title: "Ports are published on loopback, or the stack says so.",
    reason: "Docker's published ports pass by the host's firewall: a database on 0.0.0.0 is on the internet.",
    fix: "bind it to 127.0.0.1, or list address:port under tandem:policies.publish",
    level: "mandatory",
    check: ({ facts }, { settings }) =>
      published(facts)
        .filter((port) => !LOOPBACK.test(port.address) && !settings.publish.includes(place(port)))
        .map((port) => `publishes ${place(port)}`),
  }),
  containerRule({
    name: "low-ports",
    group: "ports",
    cis: "5.8",
    title: "No container takes a port below 1024 unless the stack says so.",
    reason:
      "Ports 80 and 443 can be held by one environment only; the other's deploy would fail or push it out.",
    fix: "use a port from 1024, or list address:port under tandem:policies.publish",
    level: "mandatory",
    check: ({ facts }, { settings }) =>
      published(facts)
        .filter((port) => (port.port ?? 1024) < 1024 && !settings.publish.includes(place(port)))
        .map((port) => `publishes ${place(port)}`),
  }),
  containerRule({
    name: "all-ports",
    group: "ports",
    cis: "5.9",
    title: "Only the ports that are named are published.",
    reason: "publishAllPorts opens whatever the image names, on every address, on a port nobody chose.",
    fix: "set publishAllPorts to false and name the ports",
    level: "mandatory",
    check: ({ facts }) => (facts.publishAllPorts === true ? ["publishes all ports of its image"] : []),
  }),
];

// What tests of a system's two environments share: variables of a container, requests over TLS, attacks on each other.
import { request } from "node:https";
import { expect } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { connectAllFrom, resolveFrom } from "./attacker.ts";
import { docker } from "./docker.ts";
import { containerOf } from "./snapshot.ts";

/** Ports that an attacker knocks at: gateways, apps, Postgres, PgBouncer, Redis. */
const PORTS = [80, 443, 3000, 5432, 6379, 6432, 8000, 8001, 8080];

/** A variable as the process of a component's container has it. */
export async function variableOf(
  system: string,
  environment: string,
  component: string,
  name: string,
): Promise<string> {
  const container = await containerOf(system, environment, component);
  return (await exec(docker, container, ["printenv", name])).stdout.trim();
}

/** What a component's container prints for a command. */
export async function runIn(
  system: string,
  environment: string,
  component: string,
  command: string[],
): Promise<string> {
  return (await exec(docker, await containerOf(system, environment, component), command)).output.trim();
}

/** Asks a gateway on loopback over TLS, whose certificate nobody but itself has signed. */
export function askTls(port: number, host: string, path: string): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path, servername: host, headers: { host } };
    const sent = request({ ...options, rejectUnauthorized: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.once("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    sent.once("error", reject).end();
  });
}

/** Names, networks and volumes of everything that an environment runs. */
export async function partsOf(system: string, environment: string) {
  const label = [`tandem.system=${system}`, `tandem.environment=${environment}`];
  const filters = JSON.stringify({ label });
  const containers = await docker.listContainers({ filters });
  const { Volumes } = await docker.listVolumes({ filters });
  return {
    containers: containers.map(({ Names, NetworkSettings }) => ({
      name: (Names[0] ?? "").slice(1),
      addresses: Object.values(NetworkSettings.Networks).map(({ IPAddress }) => IPAddress),
    })),
    networks: (await docker.listNetworks({ filters })).map(({ Name, Id }) => ({ name: Name, id: Id })),
    volumes: (Volumes ?? []).map(({ Name }) => Name).toSorted(),
  };
}

/** Nothing of the other environment can be named or reached from a container of one's own, on any port of use. */
export async function expectOutOfReach(system: string, own: string, component: string, other: string) {
  const attacker = await containerOf(system, own, component);
  const { containers } = await partsOf(system, other);
  expect(containers.length).toBeGreaterThan(2);
  for (const { name, addresses } of containers) {
    expect(await resolveFrom(attacker, name), name).toBe("");
    const targets = addresses.flatMap((address) => PORTS.map((port) => [address, port] as const));
    expect(await connectAllFrom(attacker, targets), `${name} at ${addresses.join()}`).not.toContain("open");
  }
}

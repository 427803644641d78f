// What an attacker inside an app's container can try, by the probe that `tandem verify` uses.
import { Probe } from "../../ops/verify/probe.ts";
import { docker } from "./docker.ts";

/** Address that a name has inside the container, or the resolver's error code. */
export async function resolveFrom(container: string, name: string): Promise<string> {
  const [address = ""] = await new Probe(docker, container).resolve([name]);
  return address;
}

/** `open`, `timeout` or an error code such as ECONNREFUSED. */
export async function connectFrom(container: string, host: string, port: number): Promise<string> {
  const [answer = ""] = await new Probe(docker, container).connect([[host, port]]);
  return answer;
}

/** Every TCP port of an address that accepts a connection from inside the container. */
export const scanFrom = (container: string, host: string) => new Probe(docker, container).scan(host);

// What an attacker inside an app's container can try: names, addresses, ports. Runs with the container's own Node.
import { exec } from "../../provider/containers.ts";
import { docker } from "./docker.ts";

const PROBE = `
const net = require("node:net"), dns = require("node:dns").promises;
const connect = (host, port, ms) => new Promise((done) => {
  const socket = net.connect({ host, port });
  const end = (result) => { socket.destroy(); done(result); };
  socket.setTimeout(ms, () => end("timeout"));
  socket.once("connect", () => end("open"));
  socket.once("error", (error) => end(error.code));
});
const tasks = {
  async resolve(name) {
    try { return (await dns.lookup(name)).address; } catch (error) { return error.code; }
  },
  connect: (host, port) => connect(host, port, 1500),
  async scan(host) {
    const open = [];
    const ports = Array.from({ length: 65535 }, (_, i) => i + 1);
    const next = async () => {
      for (let port = ports.pop(); port !== undefined; port = ports.pop()) {
        if ((await connect(host, port, 250)) === "open") open.push(port);
      }
    };
    await Promise.all(Array.from({ length: 900 }, next));
    return open;
  },
};
const [task, ...args] = JSON.parse(process.argv[1]);
tasks[task](...args).then((result) => console.log(JSON.stringify(result)));
`;

async function run<T>(container: string, ...task: unknown[]): Promise<T> {
  const { exitCode, output } = await exec(docker, container, ["node", "-e", PROBE, JSON.stringify(task)]);
  if (exitCode !== 0) throw new Error(`the probe ended with ${exitCode}: ${output}`);
  return JSON.parse(output) as T;
}

/** Address that a name has inside the container, or the resolver's error code. */
export const resolveFrom = (container: string, name: string) => run<string>(container, "resolve", name);

/** `open`, `timeout` or an error code such as ECONNREFUSED. */
export const connectFrom = (container: string, host: string, port: number) =>
  run<string>(container, "connect", host, port);

/** Every TCP port of an address that accepts a connection from inside the container. */
export const scanFrom = (container: string, host: string) => run<number[]>(container, "scan", host);

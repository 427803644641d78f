// What somebody inside a container can try: names, addresses, ports. Runs with the container's own Node.
import type Docker from "dockerode";
import { exec } from "../../provider/containers.ts";

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
  async resolve(names) {
    return Promise.all(names.map((name) => dns.lookup(name).then(({ address }) => address, ({ code }) => code)));
  },
  connect: (targets) => Promise.all(targets.map(([host, port]) => connect(host, port, 1500))),
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

/** A position inside a container. */
export class Probe {
  readonly #docker: Docker;
  readonly #container: string;

  constructor(docker: Docker, container: string) {
    this.#docker = docker;
    this.#container = container;
  }

  /** Whether the container has what the probe needs. */
  async works(): Promise<boolean> {
    return (await exec(this.#docker, this.#container, ["node", "-e", "0"])).exitCode === 0;
  }

  /** Address that each name has there, or the resolver's error code. */
  resolve(names: readonly string[]): Promise<string[]> {
    return this.#run("resolve", names);
  }

  /** For each address and port `open`, `timeout` or an error code such as ECONNREFUSED. */
  connect(targets: readonly (readonly [host: string, port: number])[]): Promise<string[]> {
    return this.#run("connect", targets);
  }

  /** Every TCP port of an address that accepts a connection. */
  scan(host: string): Promise<number[]> {
    return this.#run("scan", host);
  }

  async #run<T>(...task: unknown[]): Promise<T> {
    const command = ["node", "-e", PROBE, JSON.stringify(task)];
    const { exitCode, output, stdout } = await exec(this.#docker, this.#container, command);
    if (exitCode !== 0) throw new Error(`the probe ended with ${exitCode}: ${output}`);
    return JSON.parse(stdout) as T;
  }
}

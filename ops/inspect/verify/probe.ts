// What somebody in a container's place in the networks can try: names, addresses, ports. It runs in a container of this package's own
// that shares the network namespace: with the same addresses, routes and resolver, and nothing of the judged image.
import { randomUUID } from "node:crypto";
import type Docker from "dockerode";
import { exec, isNotFound } from "../../../provider/docker/containers.ts";
import { referenceOf } from "../../../setup/images/catalog.ts";

/** Seconds after which a probe ends that nobody ended. */
const LIFETIME_SECONDS = 600;
/** How long an answer is waited for. Milliseconds. */
const PATIENCE_MS = 1_500;

const PROBE = `
const net = require("node:net"), dgram = require("node:dgram"), os = require("node:os"), dns = require("node:dns").promises;
const once = (ms, start) => new Promise((done) => {
  let stop = () => {};
  const timer = setTimeout(() => { stop(); done("timeout"); }, ms);
  stop = start((result) => { clearTimeout(timer); stop(); done(result); });
});
const tcp = (host, port, ms) => once(ms, (end) => {
  const socket = net.connect({ host, port });
  socket.once("connect", () => end("open"));
  socket.once("error", (error) => end(error.code));
  return () => socket.destroy();
});
const udp = (host, port, ms) => once(ms, (end) => {
  const socket = dgram.createSocket(net.isIPv6(host.split("%")[0]) ? "udp6" : "udp4");
  socket.on("error", (error) => end(error.code));
  socket.once("message", () => end("open"));
  // One after the other: the error of the first that comes back would be taken for one of a second sent right away.
  const send = () => socket.send("?", (error) => error && end(error.code));
  const again = setTimeout(send, ms / 2);
  socket.connect(port, host, (error) => (error ? end(error.code) : send()));
  return () => { clearTimeout(again); try { socket.close(); } catch {} };
});
const addresses = () => Object.entries(os.networkInterfaces()).flatMap(([name, all]) =>
  all.filter(({ internal }) => !internal).map(({ address, family }) => ({ name, address, family })));
const tasks = {
  async resolve(names) {
    const look = (name) => dns.lookup(name, { all: true }).then((found) => found.map(({ address }) => address), () => []);
    return Promise.all(names.map(look));
  },
  connect: (targets) =>
    Promise.all(targets.map(([protocol, host, port]) => (protocol === "udp" ? udp : tcp)(host, port, ${PATIENCE_MS}))),
  addresses,
  async scan(host) {
    const open = [];
    const ports = Array.from({ length: 65535 }, (_, i) => i + 1);
    const next = async () => {
      for (let port = ports.pop(); port !== undefined; port = ports.pop()) {
        if ((await tcp(host, port, 250)) === "open") open.push(port);
      }
    };
    await Promise.all(Array.from({ length: 900 }, next));
    return open;
  },
};
const [task, ...args] = JSON.parse(process.argv[1]);
Promise.resolve(tasks[task](...args)).then((result) => console.log(JSON.stringify(result)));
`;

/** Where to knock. */
export type Target = readonly [protocol: "tcp" | "udp", host: string, port: number];

/** An address of a network interface. */
export interface InterfaceAddress {
  name: string;
  address: string;
  family: "IPv4" | "IPv6";
}

/** Whether something came back that only the target itself, or nothing before it, can have sent. */
export const reached = (answer: string | undefined) => answer === "open" || answer === "ECONNREFUSED";

/** A place in the networks of a Docker host. */
export class Probe {
  readonly #docker: Docker;
  readonly #container: string;
  /** The last command. Commands run one after the other: side by side they would not fit in the container's limits. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(docker: Docker, container: string) {
    this.#docker = docker;
    this.#container = container;
  }

  /**
   * Starts a probe in the place of a container, or of the host itself.
   *
   * @throws Error where its image is neither there nor to be had, or the container is gone
   */
  static async at(docker: Docker, place: { container: string } | "host"): Promise<Probe> {
    const networkMode = place === "host" ? "host" : `container:${place.container}`;
    const container = await create(docker, networkMode);
    await container.start();
    return new Probe(docker, container.id);
  }

  /** The addresses that each name has there; none where it has none. */
  resolve(names: readonly string[]): Promise<string[][]> {
    return this.#run("resolve", names);
  }

  /** For each target `open`, `timeout` or an error code such as ECONNREFUSED. A UDP port is open if it answers. */
  connect(targets: readonly Target[]): Promise<string[]> {
    return this.#run("connect", targets);
  }

  /** The addresses of its own interfaces, but for loopback. */
  addresses(): Promise<InterfaceAddress[]> {
    return this.#run("addresses");
  }

  /** Every TCP port of an address that accepts a connection. */
  scan(host: string): Promise<number[]> {
    return this.#run("scan", host);
  }

  /** Ends the probe and removes its container. */
  async end(): Promise<void> {
    await this.#docker
      .getContainer(this.#container)
      .remove({ force: true })
      .catch(() => undefined);
  }

  #run<T>(...task: unknown[]): Promise<T> {
    const next = this.#last.then(() => this.#exec<T>(task));
    this.#last = next.catch(() => undefined);
    return next;
  }

  async #exec<T>(task: unknown[]): Promise<T> {
    const command = ["node", "-e", PROBE, JSON.stringify(task)];
    const { exitCode, output, stdout } = await exec(this.#docker, this.#container, command);
    if (exitCode !== 0) throw new Error(`the probe ended with ${exitCode}: ${output}`);
    return JSON.parse(stdout) as T;
  }
}

/** It belongs to no environment: it has no label of any, and joins no network by its name. */
async function create(docker: Docker, NetworkMode: string): Promise<Docker.Container> {
  const Image = referenceOf("node");
  const make = () =>
    docker.createContainer({
      name: `tandem-verify-${randomUUID()}`,
      Image,
      Entrypoint: ["node", "-e", `setTimeout(() => {}, ${LIFETIME_SECONDS * 1000})`],
      Cmd: [],
      User: "65534:65534",
      HostConfig: {
        NetworkMode,
        // Where the daemon maps users, the host's network can be shared by the host's own users only.
        ...(NetworkMode === "host" ? { UsernsMode: "host" } : {}),
        AutoRemove: true,
        ReadonlyRootfs: true,
        CapDrop: ["ALL"],
        SecurityOpt: ["no-new-privileges"],
        PidsLimit: 64,
        Memory: 256 * 1024 * 1024,
      },
    });
  try {
    return await make();
  } catch (error) {
    if (!isNotFound(error) || !/no such image/i.test((error as Error).message)) throw error;
  }
  const pulling = await docker.pull(Image);
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(pulling, (error) => (error ? reject(error) : resolve()));
  });
  return await make();
}

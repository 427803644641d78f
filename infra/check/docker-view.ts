// Looks at this machine's Docker through its socket. Only GET requests: a check changes nothing.

import { request } from "node:http";
import { z } from "zod";
import { labels } from "../../lib/docker/labels.ts";

/** A port that a running container publishes. */
export interface PublishedPort {
  port: number;
  address: string;
  /** Name of the container. */
  container: string;
  /** System and environment, for containers that this project's kind of program made. */
  system: string | undefined;
  environment: string | undefined;
}

/** What Docker says of itself. */
export interface DockerView {
  cpus: number;
  memoryMb: number;
  published: PublishedPort[];
}

/** A daemon that takes longer has other troubles. */
const TIMEOUT_MS = 1500;
/** More than this is no list of containers. */
const MAX_BYTES = 32 * 1024 * 1024;

const Info = z.object({ NCPU: z.number(), MemTotal: z.number() });
const Containers = z.array(
  z.object({
    Names: z.array(z.string()).nullish(),
    Labels: z.record(z.string(), z.string()).nullish(),
    Ports: z
      .array(z.object({ IP: z.string().optional(), PublicPort: z.number().optional(), Type: z.string() }))
      .nullish(),
  }),
);

/** Path of the socket of `unix:///path`, or Docker's own: the same default as the components have. */
export function socketPath(dockerHost = "unix:///var/run/docker.sock"): string {
  return dockerHost.slice("unix://".length);
}

/** What the daemon behind a socket says. @throws Error if it can't be reached or answers with something else. */
export async function lookAtDocker(socket: string): Promise<DockerView> {
  const [info, containers] = await Promise.all([
    get(socket, "/info").then((body) => Info.parse(body)),
    get(socket, "/containers/json").then((body) => Containers.parse(body)),
  ]);
  const published = containers.flatMap((container) =>
    (container.Ports ?? []).flatMap((port): PublishedPort[] => {
      if (port.PublicPort === undefined || port.Type !== "tcp") return [];
      return [
        {
          port: port.PublicPort,
          address: port.IP ?? "0.0.0.0",
          container: container.Names?.[0]?.replace(/^\//, "") ?? "without a name",
          system: container.Labels?.[labels.system],
          environment: container.Labels?.[labels.environment],
        },
      ];
    }),
  );
  return { cpus: info.NCPU, memoryMb: Math.floor(info.MemTotal / 1024 / 1024), published };
}

function get(socket: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: socket, path, method: "GET", timeout: TIMEOUT_MS }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
        if (body.length > MAX_BYTES) response.destroy(new Error("the answer is too long"));
      });
      response.on("error", reject);
      response.on("end", () => {
        if (response.statusCode !== 200)
          reject(new Error(`Docker answered ${response.statusCode} to GET ${path}`));
        else resolve(JSON.parse(body));
      });
    });
    // The socket's own timeout starts anew with each byte; this one doesn't.
    const deadline = setTimeout(() => call.destroy(new Error("Docker doesn't answer")), TIMEOUT_MS);
    call.on("timeout", () => call.destroy(new Error("Docker doesn't answer")));
    call.on("error", reject);
    call.on("close", () => clearTimeout(deadline));
    call.end();
  });
}

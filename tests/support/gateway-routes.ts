// A real gateway, its routes by the provider's handlers, and applications for it to lead to: for tests of routes.
import { request } from "undici";
import { GATEWAY_COMMAND, GATEWAY_HEALTH, gatewayFiles } from "../../components/gateway-config.ts";
import type { Properties } from "../../plugin/values.ts";
import { containerStart } from "../../provider/container-start.ts";
import { route } from "../../provider/gateway/route.ts";
import { docker, removeLabelled, uniqueName } from "./docker.ts";
import { context, createdContainer } from "./handlers.ts";
import { freePort } from "./project.ts";
import { ask } from "./requests.ts";

/** Hostname of the route where a test names none. */
export const HOST = "app.localhost";

/** The gateway's limit of a body in MiB: more than an upload of the load has. */
export const MAX_BODY_MB = 24;

/** Answers as the example app does, says who it is, and when stopped ends at once, whatever is under way. */
const BACKEND = `
const { createHash } = require("node:crypto");
require("node:http").createServer((request, response) => {
  const hash = createHash("sha256");
  const { headers } = request;
  const answer = () => response.end(JSON.stringify({ version: process.argv[1], waitedMs: 1000, sha256: hash.digest("hex"), headers }));
  request.on("data", (chunk) => hash.update(chunk));
  request.on("end", () => setTimeout(answer, request.url.startsWith("/slow") ? 1000 : 0));
}).listen(8080);
`;

/** A gateway with its port on loopback. */
export class GatewayRoutes {
  private readonly run = uniqueName("tandem-test-");
  private readonly labels = { "tandem.test": this.run };
  private readonly created = createdContainer(this.run, this.labels);
  /** Its port on loopback. */
  port = 0;
  /** Its container. */
  gateway = "";

  /** Starts it. All of a test's load comes from one address, so that one client may take all places. */
  async start(): Promise<void> {
    await docker.createNetwork({ Name: this.run, Labels: this.labels });
    this.port = await freePort();
    const container = await this.created({
      image: "caddy:2.11.9-alpine",
      user: "1000:1000",
      command: GATEWAY_COMMAND,
      health: GATEWAY_HEALTH,
      volumes: ["/config"],
      ports: { 8080: this.port },
    });
    this.gateway = container.containerId;
    const files = gatewayFiles({ clientPercent: 100, maxBodyMb: MAX_BODY_MB });
    const inputs = { ...container, pids: 512, healthTimeoutSeconds: 20, running: true, files };
    await containerStart.create({ inputs }, context());
  }

  /** Removes everything. */
  remove(): Promise<void> {
    return removeLabelled(`tandem.test=${this.run}`);
  }

  /** Starts an application that answers with the version. @returns its address on the network */
  async backend(version: string, source = BACKEND): Promise<string> {
    const command = ["node", "-e", source, version];
    const target = await this.created({ image: "node:24.21.0-trixie-slim", user: "1000:1000", command });
    const inputs = { ...target, pids: 50, healthTimeoutSeconds: 20, running: true };
    await containerStart.create({ inputs }, context());
    return `${target.containerName}:8080`;
  }

  /** Removes an application by its address, whatever is under way. */
  async kill(address: string): Promise<void> {
    await docker.getContainer(address.split(":")[0] ?? "").remove({ force: true });
  }

  /** Inputs of a route as its check leaves them, and what it found wrong. */
  async checked(inputs: object): Promise<{ inputs: Properties; failures: readonly { property: string }[] }> {
    const common = { gatewayId: this.gateway, routeName: "app", hostnames: [HOST], noindex: true };
    const news = { ...common, drainSeconds: 20, ...inputs };
    const result = await route.check?.({ news, olds: {}, randomSeed: Buffer.alloc(0) }, context());
    return { inputs: result?.inputs ?? {}, failures: result?.failures ?? [] };
  }

  /** Updates the route. @returns its inputs */
  async move(to: object): Promise<Properties> {
    const { inputs } = await this.checked(to);
    await route.update?.({ id: "app", olds: {}, oldInputs: {}, inputs }, context());
    return inputs;
  }

  /** The version that answers. */
  async version(host = HOST): Promise<string | undefined> {
    return (await ask(this.port, host, "/version")).json?.version as string | undefined;
  }

  /** Sends headers as they are given. @returns what the application saw */
  async sent(headers: Record<string, string>, path = "/version") {
    const answer = await request(`http://127.0.0.1:${this.port}${path}`, {
      headers: { host: HOST, ...headers },
    });
    return (await answer.body.json()) as { version: string; headers: Record<string, string> };
  }

  /** This machine's address as the gateway sees it: the network's own. */
  async clientAddress(): Promise<string> {
    const { IPAM } = await docker.getNetwork(this.run).inspect();
    return IPAM?.Config?.[0]?.Gateway ?? "";
  }
}

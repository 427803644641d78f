// What Docker knows and keeps of a system, as texts to look through: also of containers that lived for a moment only.
import type Docker from "dockerode";
import { LineSplitter } from "../../lib/line-splitter.ts";
import { demultiplex, exec } from "../../provider/docker/containers.ts";
import { docker } from "./docker.ts";
import { logsOf } from "./docker-cli.ts";
import type { Text } from "./secret-scan.ts";

interface DockerEvent {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

/** Listens to Docker while commands run. */
export class DockerEvidence {
  readonly #system: string;
  readonly #texts: Text[] = [];
  readonly #pending = new Set<Promise<void>>();
  #events: NodeJS.ReadableStream | undefined;

  private constructor(system: string) {
    this.#system = system;
  }

  /** Starts to listen for everything that carries the system's label. */
  static async start(system: string): Promise<DockerEvidence> {
    const evidence = new DockerEvidence(system);
    const events = await docker.getEvents();
    events.pipe(new LineSplitter((line) => evidence.#hear(JSON.parse(line) as DockerEvent, line)));
    evidence.#events = events;
    return evidence;
  }

  #hear({ Type, Action, Actor }: DockerEvent, line: string): void {
    const { name = "", ...attributes } = Actor.Attributes;
    if (attributes["tandem.system"] !== this.#system && !name.startsWith(this.#system)) return;
    this.#texts.push({
      kind: "docker events",
      where: `${Type} ${Action.slice(0, 40)} of ${name}`,
      text: line,
    });
    if (Type !== "container") return;
    if (Action === "create") this.#later(this.#inspect(Actor.ID));
    if (Action === "start") this.#later(this.#follow(Actor.ID, name));
  }

  #later(work: Promise<void>): void {
    // A container may be gone before it can be looked at.
    const settled = work.catch(() => undefined).finally(() => this.#pending.delete(settled));
    this.#pending.add(settled);
  }

  async #inspect(id: string): Promise<void> {
    this.#texts.push(...inspectTexts(await docker.getContainer(id).inspect()));
  }

  async #follow(id: string, name: string): Promise<void> {
    const stream = await docker.getContainer(id).logs({ follow: true, stdout: true, stderr: true });
    const parts: Buffer[] = [];
    stream.on("data", (part: Buffer) => parts.push(part));
    this.#texts.push({
      kind: "container log",
      where: name,
      get text() {
        return demultiplex(Buffer.concat(parts));
      },
    });
  }

  /** Stops listening. @returns everything that was heard, and all that Docker keeps of the system now */
  async end(): Promise<Text[]> {
    await Promise.all(this.#pending);
    (this.#events as unknown as { destroy(): void } | undefined)?.destroy();
    return [...this.#texts, ...(await keptTexts(this.#system))];
  }
}

/** Facts about a container, part by part. */
function inspectTexts(facts: Docker.ContainerInspectInfo): Text[] {
  const where = facts.Name;
  const { Env, Labels, Cmd, Entrypoint, Healthcheck, ...rest } = facts.Config;
  const text = (part: string, value: unknown): Text => ({
    kind: `docker inspect: ${part}`,
    where,
    text: JSON.stringify(value ?? null),
  });
  return [
    ...(Env ?? []).map((variable) => ({
      kind: "docker inspect: environment",
      where: `${variable.split("=")[0]} of ${where}`,
      text: variable,
    })),
    text("labels", Labels),
    text("command", [Cmd, Entrypoint, facts.Path, facts.Args]),
    text("health check", [Healthcheck, (facts.State as { Health?: unknown }).Health]),
    text("everything else", { ...facts, Config: rest }),
  ];
}

async function keptTexts(system: string): Promise<Text[]> {
  const filters = JSON.stringify({ label: [`tandem.system=${system}`] });
  const texts: Text[] = [];
  const images = new Set<string>();
  for (const { Id, ImageID, Names, State, Labels } of await docker.listContainers({ all: true, filters })) {
    texts.push(...inspectTexts(await docker.getContainer(Id).inspect()));
    texts.push({ kind: "container log", where: Names[0] ?? Id, text: await logsOf(Id) });
    images.add(ImageID);
    if (State === "running" && Labels["tandem.component"] === "gateway")
      texts.push(...(await gatewayTexts(Id)));
  }
  for (const id of images) {
    const image = docker.getImage(id);
    texts.push({ kind: "docker history", where: id, text: JSON.stringify(await image.history()) });
    texts.push({ kind: "image", where: id, text: JSON.stringify(await image.inspect()) });
  }
  const networks = await docker.listNetworks({ filters });
  const { Volumes } = await docker.listVolumes({ filters });
  for (const thing of [...networks, ...Volumes]) {
    texts.push({ kind: "network or volume", where: thing.Name, text: JSON.stringify(thing) });
  }
  return texts;
}

/** The gateway's files, and the configuration that it runs with. */
async function gatewayTexts(id: string): Promise<Text[]> {
  const ask = async (where: string, command: string[]): Promise<Text> => {
    const { exitCode, output } = await exec(docker, id, command);
    if (exitCode !== 0) throw new Error(`${where}: ${output}`);
    return { kind: "gateway's config", where, text: output };
  };
  return [
    await ask("its files", ["sh", "-c", "cat /config/Caddyfile /config/routes/*"]),
    await ask("its admin API", ["wget", "-q", "-O", "-", "http://127.0.0.1:2019/config/"]),
  ];
}

// `tandem logs`: what the containers of an environment wrote, each line with the container it came from.
import { PassThrough } from "node:stream";
import type Docker from "dockerode";
import pc from "picocolors";
import { printable } from "../../lib/printable.ts";
import { componentsOf, unknownService } from "../engine/containers/service-containers.ts";
import { labelFilter, labels, withDocker } from "../engine/docker-client.ts";
import { loadProject, loadStackFile } from "../engine/project.ts";
import { dockerHostOf } from "../engine/session.ts";
import { type AddCommand, wholeNumber } from "./command-line.ts";

/** Options of the command. */
export interface LogsOptions {
  project?: string;
  /** Go on with what is written from now on, also by containers that start later. */
  follow?: boolean;
  /** Lines of the past, per container. */
  tail?: number;
}

const colors = [pc.cyan, pc.magenta, pc.yellow, pc.green, pc.blue];

/** Calls `onLine` for each whole line of a stream, and for what is left at its end. */
export function splitLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): Promise<void> {
  let rest = "";
  stream.setEncoding("utf8");
  stream.on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine(line.replace(/\r$/, ""));
  });
  return new Promise((resolve, reject) => {
    stream.once("error", reject);
    stream.once("end", () => {
      if (rest !== "") onLine(rest);
      resolve();
    });
  });
}

/** Writes one container's log until it ends (with `follow`: until the container ends). */
async function writeLog(docker: Docker, id: string, label: string, options: LogsOptions): Promise<void> {
  const container = docker.getContainer(id);
  const { Config } = await container.inspect();
  const wanted = { stdout: true, stderr: true, tail: options.tail ?? 100 };
  const raw: NodeJS.ReadableStream = options.follow
    ? await container.logs({ ...wanted, follow: true })
    : PassThrough.from([await container.logs({ ...wanted, follow: false })]);
  const output = new PassThrough();
  const written = splitLines(output, (line) => process.stdout.write(`${label} ${printable(line)}\n`));
  if (Config.Tty) {
    raw.pipe(output);
  } else {
    // Both streams come in one, in frames that say which is which.
    docker.modem.demuxStream(raw, output, output);
    raw.once("end", () => output.end());
  }
  raw.once("error", (error) => output.destroy(error));
  await written;
}

/** Runs the command. @throws UserError when the environment has no such service. */
export async function logs(stack: string, service: string | undefined, options: LogsOptions): Promise<void> {
  const project = loadProject(options.project);
  const host = dockerHostOf(project, loadStackFile(project, stack));
  await withDocker(host, async (docker) => {
    const filters = labelFilter(project.name, stack);
    const all = await docker.listContainers({ all: true, filters });
    const chosen = all.filter(({ Labels }) => service === undefined || Labels[labels.component] === service);
    if (chosen.length === 0) {
      throw unknownService(project, stack, service ?? "", componentsOf(all));
    }
    let next = 0;
    const width = Math.max(...chosen.map(({ Names }) => (Names[0] ?? "").length - 1));
    const write = (id: string, name: string, since?: LogsOptions) => {
      const paint = colors[next++ % colors.length] ?? pc.cyan;
      return writeLog(docker, id, paint(`${name.padEnd(width)} |`), since ?? options);
    };
    const running = chosen.map(({ Id, Names }) => write(Id, (Names[0] ?? Id).slice(1)));
    if (options.follow !== true) {
      await Promise.all(running);
      return;
    }
    // A deploy starts new containers: their logs follow too.
    const events = await docker.getEvents({ filters: { ...JSON.parse(filters), event: ["start"] } });
    await splitLines(events, (line) => {
      const { Actor } = JSON.parse(line) as { Actor: { ID: string; Attributes: Record<string, string> } };
      if (service !== undefined && Actor.Attributes[labels.component] !== service) return;
      write(Actor.ID, Actor.Attributes.name ?? Actor.ID, { follow: true, tail: 0 }).catch(() => undefined);
    });
  });
}

/** Adds the command. */
export const command: AddCommand = (program, merged) =>
  program
    .command("logs")
    .description("show what the containers of an environment wrote")
    .argument("[stack]", "environment", "staging")
    .argument("[service]", "one service, such as app; all without it")
    .option("-f, --follow", "go on with what is written from now on")
    .option("--tail <lines>", "lines of the past, per container", wholeNumber, 100)
    .action((stack: string, service: string | undefined, options: { tail: number }) =>
      logs(stack, service, merged(options)),
    );

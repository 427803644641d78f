// Follows the logs of a system's containers, those too that come and go with a command, for the lines that tell of a trap
// and for the statements that administrators ran.
import { createInterface } from "node:readline";
import { PassThrough, type Readable } from "node:stream";
import { docker } from "../support/docker.ts";
import { SPRUNG } from "./trap-body.ts";

/** Begins each line of a server that is asked for its statements. */
export const PREFIX = "%m [%p] said by=%u at=%d ";
const SAID = /said by=(\S*) at=(\S*) LOG:\s+(?:statement|execute [^:]+): ([\s\S]*)$/;

/** Logs from now on, until `stop`. */
export class LogWatch {
  /** Lines that tell of a trap, with the container that wrote them. */
  readonly sprung: string[] = [];
  /** Statements by role. */
  readonly statements = new Map<string, Set<string>>();
  private readonly label: string;
  private readonly streams: Readable[] = [];

  private constructor(system: string) {
    this.label = `tandem.system=${system}`;
  }

  static async start(system: string): Promise<LogWatch> {
    const watch = new LogWatch(system);
    const filters = JSON.stringify({ label: [watch.label], type: ["container"], event: ["start"] });
    const events = (await docker.getEvents({ filters })) as Readable;
    watch.streams.push(events);
    events.on("data", (data: Buffer) => {
      for (const [, id = ""] of data.toString().matchAll(/"id":"([0-9a-f]{64})"/g)) void watch.follow(id);
    });
    events.on("error", () => undefined);
    const running = await docker.listContainers({ filters: JSON.stringify({ label: [watch.label] }) });
    await Promise.all(running.map(({ Id }) => watch.follow(Id)));
    return watch;
  }

  stop(): void {
    for (const stream of this.streams) stream.destroy();
  }

  private async follow(id: string): Promise<void> {
    try {
      const container = docker.getContainer(id);
      const { Name, Config } = await container.inspect();
      // Only servers run SQL; an app's log may be large, and forged.
      if (!Config.Env?.some((each) => each.startsWith("PGDATA=")) && !Config.Image.includes("postgres"))
        return;
      const since = Math.floor(Date.now() / 1000) - 1;
      const stream = (await container.logs({
        follow: true,
        stdout: true,
        stderr: true,
        since,
      })) as unknown as Readable;
      this.streams.push(stream);
      const text = new PassThrough();
      docker.modem.demuxStream(stream, text, text);
      stream.on("error", () => text.end());
      stream.once("end", () => text.end());
      let entry = "";
      createInterface({ input: text }).on("line", (line) => {
        if (line.includes(`LOG:  ${SPRUNG}`))
          this.sprung.push(`${Name}: ${line.slice(line.indexOf(SPRUNG))}`);
        // A statement's further lines begin with a tab.
        if (line.startsWith("\t")) entry += `\n${line.slice(1)}`;
        else {
          this.note(entry);
          entry = line;
        }
      });
    } catch {
      // It is gone already.
    }
  }

  private note(entry: string): void {
    const [, role, , statement] = SAID.exec(entry) ?? [];
    if (role === undefined || statement === undefined) return;
    this.statements.set(role, (this.statements.get(role) ?? new Set()).add(statement));
  }
}

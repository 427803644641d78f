// Successive deploys of The Oracle under load, each changing something else.

import { appReference } from "../../setup/images/catalog.ts";
import { dockerCli, dockerOk } from "./docker-cli.ts";
import type { Load, Report } from "./load.ts";
import type { TestProject } from "./project.ts";
import { ask } from "./requests.ts";

const STACK = "staging";

/** One deploy and what its users noticed of it. */
export interface Deploy {
  kind: string;
  /** Seconds until the `up` was over. */
  upSeconds: number;
  /** Seconds until the new version answered; undefined where the app isn't replaced. */
  trafficSeconds: number | undefined;
  report: Report;
}

/** A change of the stack. */
interface Change {
  kind: string;
  replacesApp: boolean;
  apply: (round: number) => Promise<void> | void;
}

/** Deploys of one project, one after another. */
export class Deploys {
  private readonly project: TestProject;
  private readonly load: Load;
  private readonly port: number;
  private readonly host: string;
  private readonly images: string[] = [];
  private rounds = 0;

  /** The encrypted password of the gateway, as the stack's file holds it. */
  private readonly password: unknown;

  constructor(project: TestProject, load: Load, password: unknown) {
    this.project = project;
    this.load = load;
    this.password = password;
    const { hostPort, hostname } = project.config(STACK);
    this.port = Number(hostPort);
    this.host = String(hostname);
  }

  /** As many deploys as asked for, the kinds in turn. @throws when an `up` fails */
  async run(count: number): Promise<Deploy[]> {
    const changes = this.changes();
    const done: Deploy[] = [];
    for (let deploy = 0; deploy < count; deploy++) {
      // Counted on from one call to the next: what was deployed before would be no change.
      const round = this.rounds++;
      const change = changes[round % changes.length];
      if (change !== undefined) done.push(await this.one(change, round));
    }
    return done;
  }

  /** Removes the images that were made. */
  async remove(): Promise<void> {
    for (const image of this.images) await dockerCli(["rmi", image]);
  }

  /** Makes an image that differs from the app's in a label. @returns its reference */
  async newImage(round: number): Promise<string> {
    const image = `${this.project.name}:${round}`;
    await dockerOk(
      ["build", "--quiet", "--tag", image, "-"],
      `FROM ${appReference()}\nLABEL round=${round}\n`,
    );
    this.images.push(image);
    return image;
  }

  private changes(): Change[] {
    const set = (changes: Record<string, unknown>) => this.project.configure(STACK, changes);
    const limits = (own: Record<string, unknown>) => ({
      limits: { ...(this.project.config(STACK).limits as object), ...own },
    });
    return [
      {
        kind: "image",
        replacesApp: true,
        apply: async (round) => set({ image: await this.newImage(round) }),
      },
      { kind: "environment", replacesApp: true, apply: (round) => set({ banner: `ROUND ${round}` }) },
      {
        kind: "gateway settings",
        replacesApp: false,
        apply: (round) =>
          set({ ...this.gatewaySettings(round), ...limits({ gateway: gatewayLimits(round) }) }),
      },
      {
        kind: "secret",
        replacesApp: true,
        apply: (round) => this.project.setSecret(STACK, "voipToken", `token-of-round-${round}`),
      },
      {
        kind: "limits",
        replacesApp: true,
        apply: (round) => set(limits({ app: appLimits(round) })),
      },
    ];
  }

  private gatewaySettings(round: number): Record<string, unknown> {
    const [basicAuthUser, basicAuthPassword] = odd(round) ? [] : [CREDENTIALS.split(":")[0], this.password];
    return { noindex: odd(round), basicAuthUser, basicAuthPassword };
  }

  private async one(change: Change, round: number): Promise<Deploy> {
    const before = await this.version();
    await change.apply(round);
    this.load.take();
    const began = performance.now();
    const seconds = () => (performance.now() - began) / 1000;
    let over = false;
    const traffic = change.replacesApp ? this.untilNew(before, seconds, () => over) : undefined;
    const up = this.project.tandem(["up", STACK, "--yes"]).finally(() => {
      over = true;
    });
    const [{ exitCode, output, seconds: upSeconds }, trafficSeconds] = await Promise.all([up, traffic]);
    if (exitCode !== 0) throw new Error(`up after a change of ${change.kind}:\n${output}`);
    if (Number.isNaN(trafficSeconds)) {
      throw new Error(`after a change of ${change.kind} the old version still answers:\n${output}`);
    }
    // What was under way at the end counts as well.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    return { kind: change.kind, upSeconds, trafficSeconds, report: this.load.take() };
  }

  /** Seconds until another container answers; NaN when none does after the `up`. */
  private async untilNew(before: string, seconds: () => number, over: () => boolean): Promise<number> {
    for (;;) {
      const last = over();
      // What fails here fails for the load as well, which counts it.
      const now = await this.version().catch(() => before);
      if (now !== before) return seconds();
      if (last) return Number.NaN;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** Which container answers. */
  private async version(): Promise<string> {
    const { json, status } = await ask(this.port, this.host, "/version", undefined, CREDENTIALS);
    if (status !== 200) throw new Error(`/version answers ${status}`);
    return String(json.hostname);
  }
}

/** User and password that the gateway asks for at times; the load sends them always. */
export const CREDENTIALS = "team:correct horse battery staple";

const odd = (round: number) => Math.floor(round / 5) % 2 === 1;

/** Memory alone changes while the container runs; for other CPUs there is a new one. */
function appLimits(round: number) {
  return { cpus: odd(round) ? 1 : 0.95, memory: `${512 + round}m`, pids: 256 };
}

function gatewayLimits(round: number) {
  return { cpus: odd(round) ? 1 : 0.9, memory: odd(round) ? "256m" : "240m", pids: odd(round) ? 512 : 500 };
}

/** One report of several. */
export function together(reports: Report[]): Report {
  return {
    seconds: sum(reports.map(({ seconds }) => seconds)),
    sent: sum(reports.map(({ sent }) => sent)),
    answered: sum(reports.map(({ answered }) => answered)),
    failures: reports.flatMap(({ failures }) => failures),
    surplus: sum(reports.map(({ surplus }) => surplus)),
    latencies: {
      quick: reports.flatMap(({ latencies }) => latencies.quick),
      slow: reports.flatMap(({ latencies }) => latencies.slow),
      upload: reports.flatMap(({ latencies }) => latencies.upload),
    },
  };
}

const sum = (numbers: number[]) => numbers.reduce((total, number) => total + number, 0);

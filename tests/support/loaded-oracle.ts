// The Oracle of a test's own, up and under the load that deploys are measured with.
import { setTimeout as sleep } from "node:timers/promises";
import { CREDENTIALS, Deploys } from "./deploys.ts";
import { Load, type Report } from "./load.ts";
import { type StackConfig, TestProject } from "./project.ts";

/** Half of the requests slow (1 s), and an upload of 20 MB every 4 s. */
export const RATE = { perSecond: 200, uploadEverySeconds: 4 };
/** The same for a machine that has other work as well, and an engine beside it on two cores. */
export const GENTLE_RATE = { perSecond: 60, uploadEverySeconds: 4 };
type Rate = typeof RATE;

/** The gateway's default is half a CPU; this load needs more. */
const GATEWAY = { cpus: 1, memory: "256m", pids: 512 };
/** Seconds in which connections are opened and caches filled. */
const WARM_UP_SECONDS = 5;

/** Staging of The Oracle, its load and its deploys. */
export class LoadedOracle {
  readonly project: TestProject;
  readonly load: Load;
  readonly deploys: Deploys;

  private constructor(project: TestProject, password: unknown, rate: Rate) {
    const { hostPort, hostname } = project.config("staging");
    this.project = project;
    this.load = new Load({ port: Number(hostPort), host: String(hostname), ...rate });
    this.load.setHeader("authorization", `Basic ${Buffer.from(CREDENTIALS).toString("base64")}`);
    this.deploys = new Deploys(project, this.load, password);
  }

  /** Brings staging up; the load does not run yet. */
  static async start(config: StackConfig = {}, rate: Rate = RATE): Promise<LoadedOracle> {
    const project = await TestProject.create({ staging: { limits: { gateway: GATEWAY }, ...config } });
    await project.setSecret("staging", "basicAuthPassword", CREDENTIALS.slice(CREDENTIALS.indexOf(":") + 1));
    // A deploy brings it back, together with its user.
    const { basicAuthPassword } = project.config("staging");
    project.configure("staging", { basicAuthPassword: undefined });
    const up = await project.tandem(["up", "staging", "--yes"]);
    if (up.exitCode !== 0) throw new Error(up.output);
    return new LoadedOracle(project, basicAuthPassword, rate);
  }

  /** Starts the load. @returns what it is like while nothing else happens */
  async quiet(seconds: number): Promise<Report> {
    this.load.start();
    await sleep(WARM_UP_SECONDS * 1000);
    this.load.take();
    await sleep(seconds * 1000);
    return this.load.take();
  }

  /** Removes everything. */
  async remove(): Promise<void> {
    await this.load.stop();
    await this.project.remove();
    await this.deploys.remove();
  }
}

// Deploys under load: The Oracle by `./tandem up` beside the same app by `docker compose up -d`, in one run.
//
//   node bench/deploy.ts [deploys] [requests a second]    default 20 under 200 requests a second, after 5 without; needs a
//                                                         prepared machine and docker compose (v2 or v1)
//
// It ends with exit code 1 where a deploy is beyond the limits of limits.ts, or a request failed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { stringify } from "yaml";
import { appReference, referenceOf } from "../setup/images/catalog.ts";
import { AppStack } from "../tests/support/app-stack.ts";
import { type Deploy, together } from "../tests/support/deploys.ts";
import { uniqueName } from "../tests/support/docker.ts";
import { dockerCli, publishedAddress, until } from "../tests/support/docker-cli.ts";
import { Load, percentile, type Report, resets } from "../tests/support/load.ts";
import { LoadedOracle, RATE } from "../tests/support/loaded-oracle.ts";
import { freePort } from "../tests/support/project.ts";
import { ask } from "../tests/support/requests.ts";
import { DEPLOY_CASES, MOST_TIMES_QUIET, slowDeploys } from "./limits.ts";
import { figure, type Measurement, writeResult } from "./results.ts";

const count = Number(process.argv[2] ?? 20);
/** Deploys of each without load, to time them. */
const ALONE = 5;
const rate = { ...RATE, perSecond: Number(process.argv[3] ?? RATE.perSecond) };
const HOST = "compose.localhost";
const QUIET_SECONDS = 60;
/** Seconds for which a new version is watched: after the traffic has moved. */
const WATCH_SECONDS = 5;

/** Milliseconds of quick and of slow requests. */
interface Latencies {
  quick: number;
  slow: number;
}

/** Failed requests and latencies of one side. */
interface Side {
  deploys: number;
  /** Seconds until the new version answered, while nobody else asked. */
  alone: number[];
  /** The same under the load. */
  seconds: number[];
  sent: number;
  failed: number;
  reset: number;
  quietP99: Latencies;
  deployP99: Latencies;
}

async function compose(): Promise<string[]> {
  const plugin = await execa("docker", ["compose", "version"], { reject: false });
  if (plugin.exitCode === 0) return ["docker", "compose"];
  const alone = await execa("docker-compose", ["version"], { reject: false });
  if (alone.exitCode === 0) return ["docker-compose"];
  throw new Error("docker compose is missing: install docker-compose-plugin, or Debian's docker-compose");
}

async function quietTime(load: Load): Promise<Report> {
  load.start();
  await sleep(5_000);
  load.take();
  await sleep(QUIET_SECONDS * 1000);
  return load.take();
}

function side(quiet: Report, alone: number[], seconds: number[], reports: Report[]): Side {
  const all = together(reports);
  return {
    deploys: reports.length,
    alone,
    seconds,
    sent: all.sent,
    failed: all.failures.length,
    reset: resets(all).length,
    quietP99: { quick: percentile(quiet, 0.99, ["quick"]), slow: percentile(quiet, 0.99, ["slow"]) },
    deployP99: { quick: percentile(all, 0.99, ["quick"]), slow: percentile(all, 0.99, ["slow"]) },
  };
}

/** The app by itself: from `docker run` until it answers. */
async function ownStart(stack: AppStack): Promise<number> {
  const began = performance.now();
  const container = await stack.run("web", {}, uniqueName("start-"));
  const address = await publishedAddress(container, 8080);
  await until("the app", async () => (await fetch(`http://${address}/ready`)).ok);
  const seconds = (performance.now() - began) / 1000;
  await dockerCli(["rm", "-f", container]);
  return seconds;
}

/** Replaces the gateway's container, as an update of Tandem may: the one change that is noticed. */
async function replaceGateway({ project, load }: LoadedOracle): Promise<string> {
  const state = await project.pulumi(["stack", "export", "--stack", "staging"]);
  const { deployment } = JSON.parse(state.output) as { deployment: { resources: { urn: string }[] } };
  const urn = deployment.resources
    .map((resource) => resource.urn)
    .find((one) => /Container::gateway$/.test(one));
  if (urn === undefined) throw new Error("the state has no gateway");
  load.take();
  const up = await project.pulumi(["up", "--stack", "staging", "--yes", "--skip-preview", "--replace", urn]);
  if (up.exitCode !== 0) throw new Error(up.output);
  await sleep(2_000);
  const { sent, failures } = load.take();
  const times = failures.map(({ atMs }) => atMs);
  const gap = times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
  return `${failures.length} of ${sent} requests failed, within ${gap.toFixed(1)} s`;
}

async function byTandem(): Promise<Side & { replaced: string }> {
  const oracle = await LoadedOracle.start({ watchSeconds: WATCH_SECONDS }, rate);
  try {
    const untilTraffic = (deploys: Deploy[]) => deploys.flatMap(({ trafficSeconds }) => trafficSeconds ?? []);
    const alone = untilTraffic(await oracle.deploys.run(ALONE));
    const quiet = await oracle.quiet(QUIET_SECONDS);
    const done = await oracle.deploys.run(count);
    const reports = done.map(({ report }) => report);
    return { ...side(quiet, alone, untilTraffic(done), reports), replaced: await replaceGateway(oracle) };
  } finally {
    await oracle.remove();
  }
}

/** What one writes by hand: the app with a health check, and Caddy before it. */
function composeFile(stack: AppStack, port: number, round: number): string {
  const secrets = { DATABASE_URL_FILE: "/run/secrets/app-url", REDIS_URL_FILE: "/run/secrets/redis-url" };
  return stringify({
    version: "3.8",
    services: {
      app: {
        image: appReference(),
        command: ["web"],
        environment: { APP_ENV: "staging", BANNER: `ROUND ${round}`, ...secrets },
        volumes: ["secrets:/run/secrets:ro"],
        healthcheck: {
          test: ["CMD", "node", "dist/healthcheck.js", "http://127.0.0.1:8080/ready"],
          interval: "2s",
        },
        stop_grace_period: "30s",
        restart: "unless-stopped",
      },
      gateway: {
        image: referenceOf("caddy"),
        command: ["caddy", "reverse-proxy", "--from", ":8080", "--to", "app:8080"],
        ports: [`127.0.0.1:${port}:8080`],
        depends_on: ["app"],
        restart: "unless-stopped",
      },
    },
    networks: { default: { external: true, name: stack.name } },
    volumes: { secrets: { external: true, name: `${stack.name}-secrets` } },
  });
}

async function byCompose(stack: AppStack): Promise<Side> {
  const [command = "", ...first] = await compose();
  const folder = mkdtempSync(join(tmpdir(), "tandem-compose-"));
  const port = await freePort();
  const run = async (...args: string[]) => {
    await execa(command, [...first, "--project-name", stack.name, ...args], { cwd: folder });
  };
  const up = async (round: number) => {
    writeFileSync(join(folder, "docker-compose.yml"), composeFile(stack, port, round));
    await run("up", "-d");
  };
  const answering = () =>
    ask(port, HOST, "/version").then(({ json }) => json?.hostname as string | undefined);
  const load = new Load({ port, host: HOST, ...rate });
  try {
    await stack.run("migrate", {}, "migrate-again");
    await up(-1);
    await until("the app behind compose's gateway", answering);
    const deploy = async (round: number) => {
      const before = await answering();
      load.take();
      const began = performance.now();
      const done = up(round);
      await until("the new version", async () => {
        const now = await answering().catch(() => undefined);
        return now !== undefined && now !== before;
      });
      const seconds = (performance.now() - began) / 1000;
      await done;
      return seconds;
    };
    const alone: number[] = [];
    for (let round = 0; round < ALONE; round++) alone.push(await deploy(round));
    const quiet = await quietTime(load);
    const seconds: number[] = [];
    const reports: Report[] = [];
    for (let round = 0; round < count; round++) {
      seconds.push(await deploy(ALONE + round));
      await sleep(1_500);
      reports.push(load.take());
    }
    return side(quiet, alone, seconds, reports);
  } finally {
    await load.stop();
    await run("down", "--timeout", "5").catch(() => undefined);
    rmSync(folder, { recursive: true, force: true });
  }
}

function told({ deploys, sent, failed, reset, quietP99, deployP99 }: Side): string {
  return (
    `${failed} of ${sent} requests failed in ${deploys} deploys, ${reset} of them reset; ` +
    `p99 of quick requests ${Math.round(quietP99.quick)} ms in a quiet time, ${Math.round(deployP99.quick)} ms in the ` +
    `deploys; of slow ones ${Math.round(quietP99.slow)} and ${Math.round(deployP99.slow)} ms`
  );
}

/** What users noticed of the deploys, in words; empty where all is well. */
function noticed({ failed, quietP99, deployP99 }: Side): string[] {
  const slower = (["quick", "slow"] as const).filter(
    (kind) => deployP99[kind] > MOST_TIMES_QUIET * quietP99[kind],
  );
  return [
    ...(failed > 0 ? [`${failed} requests failed`] : []),
    ...slower.map(
      (kind) => `p99 of ${kind} requests is more than ${MOST_TIMES_QUIET} times that of a quiet minute`,
    ),
  ];
}

const stack = new AppStack(uniqueName("bench-deploy-"));
try {
  await stack.start();
  await stack.run("migrate", {}, "migrate-first");
  const starts: number[] = [];
  for (let round = 0; round < ALONE; round++) starts.push(await ownStart(stack));
  const composed = await byCompose(stack);
  const tandem = await byTandem();
  const version = (await execa((await compose()).join(" "), ["version", "--short"], { shell: true })).stdout;
  const measured: Measurement = {
    title: "A deploy, from the command until the new version answers",
    rounds: count,
    manner: `deploys of each under load, one after the other, and ${ALONE} without`,
    base: DEPLOY_CASES.start,
    figures: [
      figure(DEPLOY_CASES.start, starts),
      figure(DEPLOY_CASES.compose, composed.alone),
      figure(DEPLOY_CASES.tandem, tandem.alone),
      figure(`${DEPLOY_CASES.compose}, under the load`, composed.seconds),
      figure(`${DEPLOY_CASES.tandem}, under the load`, tandem.seconds),
    ],
    extra: {
      load: `${rate.perSecond} requests a second, half of them slow (1 s), an upload of 20 MB every 4 s, nothing tried twice`,
      "the watch of a new version": `${WATCH_SECONDS} s instead of 10; it begins when the new version answers`,
      "other work on the machine": `load average ${loadavg()[0]?.toFixed(0)} at the end`,
      [`\`docker compose up -d\` (${version})`]: told(composed),
      "`./tandem up` (image, environment, gateway settings, secret, limits)": told(tandem),
      "a gateway that is replaced, as by an update of Tandem": tandem.replaced,
    },
  };
  writeResult("deploy", measured);
  for (const problem of [...slowDeploys(measured), ...noticed(tandem)]) {
    process.stderr.write(`${problem}\n`);
    process.exitCode = 1;
  }
} finally {
  await stack.remove();
}

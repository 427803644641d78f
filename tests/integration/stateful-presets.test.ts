// The presets of StatefulService that the daily tests don't run, on real servers: data that is there with the next version.
import { connect } from "node:net";
import { afterEach, expect } from "vitest";
import { PRESETS } from "../../components/presets.ts";
import { exec } from "../../provider/docker/containers.ts";
import { referenceOf, type StandInName } from "../../setup/images/catalog.ts";
import { prepare } from "../../setup/setup.ts";
import { docker } from "../support/docker.ts";
import { dockerCli, dockerOk } from "../support/docker-cli.ts";
import { long } from "../support/long-form.ts";
import { TestProgram } from "../support/program.ts";
import { eventually } from "../support/requests.ts";
import { containerOf } from "../support/snapshot.ts";

let program: TestProgram | undefined;
const made: string[] = [];
afterEach(async () => {
  await program?.remove();
  for (const image of made.splice(0)) await dockerCli(["rmi", "--force", image]);
});

const source = (preset: StandInName, image = referenceOf(preset)) => `
import { Environment, StatefulService } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: { protect: false } });
const limits = { cpus: 1, memoryMb: 400, pids: 200 };
const service = new StatefulService("service", {
  env, limits, preset: "${preset}", image: ${JSON.stringify(image)}, watch: { seconds: 1 },
});
export const password = service.password;
`;

/** Brings a preset up. @returns the password of its login */
async function start(preset: StandInName): Promise<string> {
  await prepare({ env: process.env, images: [referenceOf(preset)] });
  program = await TestProgram.create(source(preset));
  await up();
  const { output } = await program.pulumi("stack", "output", "password", "--show-secrets", "--stack");
  return /\w{32}/.exec(output)?.[0] ?? "";
}

async function up(): Promise<void> {
  const { exitCode, output } = (await program?.pulumi("up", "--yes", "--skip-preview")) ?? {};
  if (exitCode !== 0) throw new Error(output);
}

/** Gives it another image, which differs in a label. */
async function update(preset: StandInName): Promise<void> {
  const image = `${program?.system}:next`;
  await dockerOk(["build", "-q", "-t", image, "-"], `FROM ${referenceOf(preset)}\nLABEL test.revision=two\n`);
  made.push(image);
  const before = await id();
  program?.write(source(preset, image));
  await up();
  expect(await id()).not.toBe(before);
  const drift = await program?.tandem("drift", "dev");
  expect(drift?.exitCode, drift?.output).toBe(0);
}

const id = () => containerOf(program?.system ?? "", "dev", "service");
async function inside(command: string[], input?: string): Promise<string> {
  const { exitCode, output, stdout } = await exec(docker, await id(), command, input);
  if (exitCode !== 0) throw new Error(output);
  return stdout.trim();
}

/** Sends lines to the service, and gives back all that it says until the text comes. */
async function talk(port: number, text: string, until: RegExp): Promise<string> {
  const { NetworkSettings } = await docker.getContainer(await id()).inspect();
  const [network] = Object.values(NetworkSettings.Networks);
  const socket = connect(port, network?.IPAddress);
  socket.setTimeout(10_000, () => socket.destroy(new Error("no answer")));
  socket.write(text);
  let said = "";
  try {
    for await (const bytes of socket) {
      said += String(bytes);
      if (until.test(said)) return said;
    }
    return said;
  } finally {
    socket.destroy();
  }
}

long(
  "rabbitmq: keeps a durable queue with its message in a new version, and its definitions come back",
  async () => {
    const password = await start("rabbitmq");
    const ctl = (...words: string[]) => inside(["rabbitmqctl", "--quiet", ...words]);
    expect(await ctl("authenticate_user", "app", password)).toMatch(/success|^$/i);
    expect(await ctl("list_users")).toMatch(/app\t\[\]/);
    const declare = {
      queues: [{ name: "jobs", vhost: "/", durable: true, auto_delete: false, arguments: {} }],
    };
    await inside([...PRESETS.rabbitmq.dump.restore], JSON.stringify(declare));
    const publish =
      'X = rabbit_misc:r(<<"/">>, exchange, <<>>), P = rabbit_basic:properties([{delivery_mode, 2}]), ' +
      '{ok, M} = mc_amqpl:message(X, <<"jobs">>, rabbit_basic:build_content(P, [<<"one">>])), rabbit_queue_type:publish_at_most_once(X, M).';
    expect(await ctl("eval", publish)).toBe("ok");
    const messages = () => ctl("list_queues", "name", "messages");
    await eventually(messages, (said) => /jobs\t1/.test(said));
    await update("rabbitmq");
    expect(await messages()).toMatch(/jobs\t1/);
    await ctl("delete_queue", "jobs");
    const { exitCode, output } =
      (await program?.tandem("rollback", "dev", "--service", "service", "--yes")) ?? {};
    expect(exitCode, output).toBe(0);
    expect(await ctl("list_queues", "name")).toContain("jobs");
  },
  600_000,
);

long(
  "nats: keeps a stream in a new version",
  async () => {
    const password = await start("nats");
    const login = `CONNECT {"user":"app","pass":"${password}","verbose":false}\r\nSUB answer 1\r\n`;
    const ask = (subject: string, body: object) => {
      const text = JSON.stringify(body);
      return `PUB ${subject} answer ${text.length}\r\n${text}\r\n`;
    };
    expect(await talk(4222, 'CONNECT {"user":"app","pass":"wrong"}\r\nPING\r\n', /-ERR/)).toContain(
      "Authorization Violation",
    );
    const stream = { name: "orders", subjects: ["orders"], storage: "file" };
    await talk(4222, login + ask("$JS.API.STREAM.CREATE.orders", stream), /stream_create_response/);
    await talk(4222, login + ask("orders", { number: 1 }), /"seq": ?1/);
    await update("nats");
    const info = await talk(
      4222,
      login + ask("$JS.API.STREAM.INFO.orders", {}),
      /stream_info_response.*\}\r\n/s,
    );
    expect(info).toMatch(/"messages": ?1,/);
  },
  600_000,
);

long(
  "memcached: takes its memory from its limit",
  async () => {
    await start("memcached");
    expect(await talk(11_211, "stats settings\r\n", /END/)).toContain(`STAT maxbytes ${300 * 2 ** 20}`);
    const { Mounts } = await docker.getContainer(await id()).inspect();
    expect(Mounts.filter(({ Name }) => Name?.includes("servicedata"))).toEqual([]);
    await update("memcached");
  },
  600_000,
);

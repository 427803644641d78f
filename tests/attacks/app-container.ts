// A hostile application: what its process can reach, leave on its volumes, and write into its log.

import { connectAllFrom, resolveFrom } from "../support/attacker.ts";
import { docker } from "../support/docker.ts";
import { partsOf } from "../support/pair.ts";
import type { Site } from "./site.ts";
import type { Trap } from "./trap.ts";

const shell = (kind: string, script: (site: Site) => string, answer?: RegExp): Trap => ({
  kind,
  plant: (site) => site.inApp(script(site)),
  ...(answer === undefined ? {} : { answer }),
});

/** Writes lines into the container's log, as the app itself would. */
const log = (kind: string, lines: (site: Site) => string): Trap =>
  shell(kind, (site) => `printf '%b' '${lines(site)}' > /proc/1/fd/1 && echo written`);

const REFUSED =
  /denied|not permitted|read-only|not found|No such|can't|cannot|Invalid|EACCES|EPERM|ENOENT|must be/i;

/** The volume that the app may write to, or its temporary folder. */
const IN_HOME = `cd "\${LUGH_HOME:-/tmp}"`;

const LOGS: Trap[] = [
  log(
    "log lines with a terminal's escapes",
    () => "\\033[2J\\033]0;owned\\007\\033[31mERROR\\033[0m\\r\\033[8mhidden\\n\\302\\23331m\\n",
  ),
  log(
    "log lines that look like the gateway's",
    () =>
      '{"level":"info","logger":"http.log.access","msg":"handled request","status":500,"ts":1,"request":{"uri":"/x"}}\\n',
  ),
  log(
    "log lines that look like Tandem's",
    ({ project }) =>
      `tandem: ${project.name} staging is up\\n0 passed, 0 failed\\n::set-output name=x::y\\n::add-mask::a\\n`,
  ),
  log(
    "false secrets in the log",
    () => "password=hunter2 postgres://boss:hunter2@postgres:5432/app BEGIN RSA PRIVATE KEY\\n",
  ),
  log("log lines that are Markdown and HTML", () => "```\\n# <script>alert(1)</script> | a | b |\\n"),
  shell(
    "a log of many megabytes",
    () => "head -c 6000000 /dev/zero | tr '\\0' 'x' > /proc/1/fd/1 && echo written",
  ),
  shell("a log of many lines", () => "yes '{}' | head -n 50000 > /proc/1/fd/2 && echo written"),
];

const FILES: Trap[] = [
  shell("the image's own files", () => "touch /app/x 2>&1; echo x > /usr/bin/x", REFUSED),
  shell("a device", () => "mknod /tmp/disk b 8 0 2>&1", REFUSED),
  shell("a mount", () => "mount -t tmpfs none /tmp 2>&1; unshare -r true 2>&1", REFUSED),
  shell("the kernel's settings", () => "echo 1 > /proc/sys/kernel/core_pattern", REFUSED),
  shell("Docker's socket", () => "ls -l /var/run/docker.sock /run/docker.sock 2>&1", REFUSED),
  shell(
    "names of files with escapes",
    () => `${IN_HOME} && touch "$(printf 'a\\033[2Jb\\nc')" -- "-rf" && echo made`,
  ),
  shell(
    "links that lead out",
    () =>
      `${IN_HOME} && ln -s / root && ln -s /proc/1/environ env && ln -s ../../../../../etc/shadow shadow && echo made`,
  ),
  shell(
    "a file with many holes",
    () => `${IN_HOME} && dd if=/dev/zero of=holes bs=1 count=1 seek=900G 2>&1; mkfifo pipe && echo made`,
  ),
  shell(
    "a program that takes its owner's rights",
    () => `${IN_HOME} && cp /bin/sh sh && chmod 6755 sh && ls -l sh`,
  ),
  shell("another user", () => "node -e 'process.setuid(0)' 2>&1", REFUSED),
];

/** A probe for each address of the other environment's and of the servers on ports that are none of its own. */
const network: Trap = {
  kind: "the other environment's containers and this machine's ports",
  async plant(site) {
    const { containers } = await partsOf(site.project.name, site.other.stack);
    const app = await site.app();
    const names = containers.map(({ name }) => name);
    const resolved = await Promise.all(names.map((name) => resolveFrom(app, name)));
    const { NetworkSettings } = await docker.getContainer(app).inspect();
    const hosts = Object.values(NetworkSettings.Networks).map(({ Gateway }) => Gateway);
    const ports = site.project.stacks.flatMap((stack) =>
      Object.entries(site.project.config(stack)).flatMap(([key, value]) =>
        key.endsWith("Port") ? [Number(value)] : [],
      ),
    );
    const theirs = containers.flatMap(({ addresses }) => addresses);
    const targets: [string, number][] = [
      ...theirs.flatMap((address) =>
        [2019, 3000, 5432, 6379, 8080].map((port): [string, number] => [address, port]),
      ),
      ...hosts.flatMap((host) => [...ports, 22, 2375, 2376].map((port): [string, number] => [host, port])),
    ];
    const answers = await connectAllFrom(app, targets);
    const open = targets.filter((_, index) => answers[index] === "open").map((target) => target.join(":"));
    const known = names.filter((_, index) => /^[\da-f]+[.:]/.test(resolved[index] ?? ""));
    return open.length + known.length === 0 && targets.length > 10
      ? "closed"
      : `open: ${[...open, ...known].join(", ")}`;
  },
  answer: /^closed$/,
};

/** The gateway's administration, from beside it. */
const administration: Trap = {
  kind: "the gateway's administration",
  async plant(site) {
    const { containers } = await partsOf(site.project.name, site.stack);
    const gateways = containers
      .filter(({ name }) => name.includes("gateway"))
      .flatMap(({ addresses }) => addresses);
    const app = await site.app();
    const answers = await connectAllFrom(
      app,
      gateways.map((address) => [address, 2019] as const),
    );
    return answers.includes("open") ? "open" : "closed";
  },
  answer: /^closed$/,
};

/** The traps of an application. */
export const appTraps: Trap[] = [...LOGS, ...FILES, network, administration];

// Runs as another user of this machine while commands run, and tries what such a user can: reads what is readable, talks
// to every port and socket that opens, looks for files that it may write. Tells of each that answers as a plugin, and prints what else it got as JSON when it is told to end.
import { accessSync, constants, lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";

const [user = "65534", own = "0", ...folders] = process.argv.slice(2);
// Given up here, where the runtime is loaded: its files may lie where this user can't read them.
process.setgroups?.([]);
process.setgid?.(Number(user));
process.setuid?.(Number(user));

/** Everything that could be read, told or done. */
const got = {
  readable: {} as Record<string, string>,
  writable: [] as string[],
  killed: [] as string[],
  rounds: 0,
};
/** What must not be readable; told by standard input, where no process list shows it. */
let needles: string[] = [];
/** Names in /tmp that a command of ours gives to its files. */
const OURS = /^(tandem|pulumi|compile|node)/;
const PLUGINS = ["ResourceProvider", "LanguageRuntime", "Analyzer"];
const tried = new Set<string>();

function keep(where: string, text: string): void {
  for (const needle of needles) if (text.includes(needle)) got.readable[where] = needle;
}

/** What a command line and environment of another process tell. */
function readProcesses(): void {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    for (const file of ["cmdline", "environ", "fd"]) {
      const path = `/proc/${pid}/${file}`;
      try {
        const text =
          file === "fd"
            ? readdirSync(path)
                .map((fd) => readlinkSync(`${path}/${fd}`))
                .join("\n")
            : readFileSync(path, "utf8");
        if (Number(pid) !== process.pid) keep(`${path} of ${text.slice(0, 60)}`, text);
      } catch {
        // Not for this user, or it ended.
      }
    }
    try {
      const isOwners = () => statSync(`/proc/${pid}`).uid === Number(own);
      if (Number(pid) !== process.pid && isOwners()) {
        process.kill(Number(pid), 0);
        // One that becomes a container's process in this very moment is this user's by then, where the container runs as it.
        if (isOwners() && !got.killed.includes(pid)) got.killed.push(pid);
      }
    } catch {
      // Refused.
    }
  }
}

/** Listening sockets of loopback that belong to the user who runs the commands. */
function ports(): number[] {
  const lines = readFileSync("/proc/net/tcp", "utf8").split("\n").slice(1);
  return lines.flatMap((line) => {
    const [, local = "", , state, , , , uid] = line.trim().split(/\s+/);
    const [address, port = "0"] = local.split(":");
    return state === "0A" && uid === own && (address === "0100007F" || address === "00000000")
      ? [Number.parseInt(port, 16)]
      : [];
  });
}

/** Calls a plugin's method on whoever listens there. */
function call(target: string, open: () => ReturnType<typeof connect>): void {
  const session = connectHttp2("http://localhost", { createConnection: open });
  session.on("error", () => undefined);
  for (const service of PLUGINS) {
    const stream = session.request({
      ":method": "POST",
      ":path": `/pulumirpc.${service}/GetPluginInfo`,
      "content-type": "application/grpc",
      te: "trailers",
    });
    stream.on("error", () => undefined);
    stream.resume();
    stream.on("trailers", (headers) => {
      // At once: who answered may be gone in a moment.
      if (headers["grpc-status"] === "0") process.stdout.write(`${target} answers as a ${service}\n`);
    });
    stream.end(Buffer.alloc(5));
  }
  setTimeout(() => session.destroy(), 2000).unref();
}

function talk(): void {
  for (const port of ports()) {
    if (tried.has(String(port))) continue;
    tried.add(String(port));
    call(String(port), () => connect(port, "127.0.0.1"));
  }
  for (const line of readFileSync("/proc/net/unix", "utf8").split("\n").slice(1)) {
    const path = line.trim().split(/\s+/)[7];
    if (path === undefined || tried.has(path)) continue;
    tried.add(path);
    const name = path.startsWith("@") ? `\0${path.slice(1)}` : path;
    call(path, () => connect(name));
  }
}

/** What this user could change, or read, in the folders that commands use. */
function lookAround(folder: string, depth: number): void {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch {
    return;
  }
  for (const name of names) {
    if (folder === "/tmp" && !OURS.test(name)) continue;
    const path = join(folder, name);
    try {
      if (lstatSync(path).isSymbolicLink() || statSync(path).uid !== Number(own)) continue;
      accessSync(path, constants.W_OK);
      if (!got.writable.includes(path)) got.writable.push(path);
    } catch {
      // Not for this user.
    }
    try {
      if (statSync(path).isDirectory() && depth > 0) lookAround(path, depth - 1);
      else if (statSync(path).isFile() && statSync(path).size < 1_000_000)
        keep(path, readFileSync(path, "utf8"));
    } catch {
      // Not for this user.
    }
  }
}

let timer = setInterval(round, 60);
function round(): void {
  got.rounds++;
  readProcesses();
  talk();
  if (got.rounds % 20 === 1) for (const folder of folders) lookAround(folder, 4);
}
createInterface({ input: process.stdin })
  .once("line", (line) => {
    needles = JSON.parse(line) as string[];
  })
  .once("close", () => {
    clearInterval(timer);
    timer = setInterval(() => undefined, 60_000);
    process.stdout.write(JSON.stringify(got), () => process.exit(0));
  });

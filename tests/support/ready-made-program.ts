// A program with images that weren't made for Tandem: the services of tests/integration/ready-made.test.ts.
import { referenceOf } from "../../setup/images/catalog.ts";

/** An application that says its version by HTTP, hears datagrams, and ends at once as version `bad`. */
const SERVER = `
const { createServer } = require("node:http");
const web = createServer((request, response) => {
  if (request.url === "/ready") return response.writeHead(302, { location: "http://127.0.0.1:9/never" }).end();
  response.end(process.env.VERSION);
});
web.listen(3000);
const { createSocket } = require("node:dgram");
const udp = createSocket("udp4");
udp.on("message", (text, { port, address }) => udp.send("heard " + text, port, address));
udp.bind(3001);
process.on("SIGINT", () => process.exit(0));
if (process.env.VERSION === "bad") process.exit(3);
`;

/** The program: a service with everything opened, one with nothing, one with a check for its shell. */
export const readyMadeProgram = (version: string, ports: { tcp: number; udp: number }) => `
import { AppService, Environment, Gateway } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev" });
const image = ${JSON.stringify(referenceOf("node"))};
const limits = { cpus: 0.5, memoryMb: 128, pids: 64 };
const command = ["node", "-e", ${JSON.stringify(SERVER)}];
new AppService("opened", {
  env, image, command, limits,
  environment: { VERSION: ${JSON.stringify(version)} },
  port: 3000,
  watch: { seconds: 2 },
  health: { http: "/ready", intervalSeconds: 1 },
  user: "image",
  entrypoint: ["/usr/bin/env"],
  workingDir: "/srv",
  capabilities: ["CHOWN", "SETUID"],
  groups: ["4242"],
  writableRoot: true,
  temporary: { "/tmp": { sizeMb: 5, executable: true } },
  shmMb: 8,
  ulimits: { nofile: { soft: 512, hard: 1024 }, core: 0 },
  sysctls: { "net.core.somaxconn": "333" },
  devices: [{ host: "/dev/null", container: "/dev/nothing", permissions: "rw" }],
  extraHosts: { "printer.example.com": "192.0.2.7" },
  timeZone: "Asia/Tokyo",
  stopSignal: "SIGINT",
  files: { "/etc/own/app.conf": "colour = blue\\n" },
  replace: "stop-first",
  publish: [
    { port: 3000, hostPort: ${ports.tcp} },
    { port: 3001, hostPort: ${ports.udp}, protocol: "udp" },
  ],
  migration: { command: ["sh", "-c", "id -u; cat /etc/own/app.conf; touch /written"] },
});
const inside = new Gateway("inside", {
  env, role: "inside", image: ${JSON.stringify(referenceOf("caddy"))}, names: { closed: 80 },
  limits: { cpus: 0.5, memoryMb: 128, pids: 128 },
});
new AppService("closed", {
  env, image, command, limits,
  environment: { VERSION: ${JSON.stringify(version === "bad" ? "1" : version)} },
  port: 3000,
  watch: { seconds: 2 },
  health: { tcp: true, intervalSeconds: 1 },
  route: { gateway: inside, hostnames: ["closed"] },
  files: { "/etc/default/app": "colour = red\\n" },
});
new AppService("shell", {
  env, image, limits, command: ["sleep", "600"],
  health: { shell: "test -d /proc && true", intervalSeconds: 1 },
});
`;

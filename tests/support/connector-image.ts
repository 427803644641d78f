// An emulated connector: an image with a program named cloudflared that takes the official one's arguments, reads its
// token and is ready, without a tunnel behind it. Whether the real one accepts the arguments is not shown by it.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { referenceOf } from "../../setup/images/catalog.ts";
import { uniqueName } from "./docker.ts";
import { dockerOk } from "./docker-cli.ts";

const PROGRAM = `#!/usr/bin/env node
const http = require("node:http"), fs = require("node:fs");
const args = process.argv.slice(2);
const option = (name) => args[args.indexOf(name) + 1];
const [host, port] = option("--metrics").split(":");
if (args.at(-1) === "ready") {
  http.get({ host, port, path: "/ready" }, ({ statusCode }) => process.exit(statusCode === 200 ? 0 : 1))
    .on("error", () => process.exit(1));
} else {
  const { a, t } = JSON.parse(Buffer.from(fs.readFileSync(option("--token-file"), "utf8"), "base64"));
  console.log("emulated connector of tunnel " + t + " in account " + a);
  http.createServer((_, answer) => answer.end("ready")).listen(port, host);
  process.on("SIGTERM", () => process.exit(0));
}
`;

/** An image with the emulated connector. */
export interface ConnectorImage {
  readonly reference: string;
  remove(): Promise<void>;
}

/** Builds the image under a name of its own. */
export async function buildConnectorImage(): Promise<ConnectorImage> {
  const reference = `${uniqueName("tandem-emulated-connector-")}:1`;
  const folder = mkdtempSync(join(tmpdir(), "tandem-connector-"));
  try {
    writeFileSync(join(folder, "cloudflared"), PROGRAM, { mode: 0o755 });
    writeFileSync(
      join(folder, "Dockerfile"),
      `FROM ${referenceOf("node")}\nCOPY cloudflared /usr/local/bin/\nENTRYPOINT ["cloudflared"]\n`,
    );
    await dockerOk(["build", "-q", "-t", reference, folder]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { reference, remove: async () => void (await dockerOk(["rmi", "-f", reference])) };
}

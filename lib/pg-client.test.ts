// The client against servers that want the password without a proof, and that only the client opens connections.
import { globSync, readFileSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { authentication, challenge, OK, READY, SASL } from "../tests/support/postgres-messages.ts";
import { connectPostgres, UnprovenServerError } from "./pg-client.ts";

const PASSWORD = "canary-password-9c1f";
let server: Server | undefined;
afterEach(() => server?.close());

/** Starts a server that gives its answers one by one, whatever the client sends; tells what it was sent. */
async function start(answers: ((received: Buffer) => Buffer)[]) {
  const received: Buffer[] = [];
  const serve = (socket: Socket) => {
    const left = [...answers];
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      received.push(data);
      const answer = left.shift();
      if (answer !== undefined) socket.write(answer(data));
    });
  };
  server = createServer(serve);
  await new Promise<void>((resolve) => server?.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  const login = { host: "127.0.0.1", port, user: "u", database: "d", connectionTimeoutMillis: 3_000 };
  return { login, text: () => Buffer.concat(received).toString("latin1") };
}

describe("a server that doesn't prove that it knows the password", () => {
  it.each<[string, ((received: Buffer) => Buffer)[], string]>([
    ["asks for it in clear", [() => authentication(3), () => Buffer.concat([OK, READY])], "in clear"],
    [
      "asks for its MD5 hash",
      [() => authentication(5, Buffer.from("salt")), () => Buffer.concat([OK, READY])],
      "MD5",
    ],
    ["lets us in at once", [() => Buffer.concat([OK, READY])], "without a proof"],
    ["begins SCRAM and then lets us in", [() => SASL, () => Buffer.concat([OK, READY])], "without a proof"],
    [
      "takes our proof and gives none",
      [() => SASL, challenge, () => Buffer.concat([OK, READY])],
      "without a proof",
    ],
    [
      "gives a wrong proof",
      [() => SASL, challenge, () => Buffer.concat([authentication(12, Buffer.from("v=AAAA")), OK, READY])],
      "signature does not match",
    ],
    [
      "changes to clear text in the middle of SCRAM",
      [() => SASL, () => authentication(3), () => Buffer.concat([OK, READY])],
      "in clear",
    ],
  ])("gets neither it nor a statement when it %s", async (_how, answers, problem) => {
    const { login, text } = await start(answers);
    await expect(connectPostgres({ ...login, password: PASSWORD })).rejects.toThrow(problem);
    expect(text()).not.toContain(PASSWORD);
    expect(text()).not.toMatch(/md5[0-9a-f]{32}/);
    // 'Q' begins a statement, and no terminal message would do either.
    expect(text()).not.toContain("Q\0");
  });

  it("is told apart from one that refuses", async () => {
    const { login } = await start([() => Buffer.concat([OK, READY])]);
    const attempt = connectPostgres({ ...login, password: PASSWORD });
    await expect(attempt).rejects.toBeInstanceOf(UnprovenServerError);
  });

  it("is used where there is no password to prove", async () => {
    const { login } = await start([() => Buffer.concat([OK, READY])]);
    const client = await connectPostgres(login);
    await client.end();
  });
});

describe("this package's code", () => {
  it("connects to Postgres through this client only", () => {
    const root = new URL("../", import.meta.url).pathname;
    const files = globSync(
      "{bench,components,infra,lib,ops,plugin,policies,provider,setup,standins}/**/*.ts",
      {
        cwd: root,
      },
    );
    const others = files.filter(
      (file) =>
        file !== "lib/pg-client.ts" &&
        /\bpg\.(Client|Pool)\(|new (Client|Pool)\(/.test(readFileSync(root + file, "utf8")),
    );
    expect(files.length).toBeGreaterThan(300);
    expect(others.filter((file) => !file.endsWith(".test.ts"))).toEqual([]);
  });
});

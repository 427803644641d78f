// Who is told which password when logins are tried, by servers that write down what they are told; and what is taken for a refusal.
import { createServer, type Server } from "node:net";
import type Docker from "dockerode";
import pg from "pg";
import { afterEach, describe, expect, it } from "vitest";
import type { Container, Environment } from "./environments.ts";
import { poolerKeeps, redisKeeps } from "./kept-passwords.ts";
import { type Credentials, type Login, loginChecks } from "./logins.ts";
import { targetsIn } from "./position.ts";
import { isRefusal } from "./servers.ts";

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** A server on loopback that gives one answer to everything; tells its port and what it was told. */
async function listen(answer: (told: string) => string) {
  let told = "";
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.on("data", (data) => {
      told += data.toString("latin1");
      socket.write(answer(data.toString("latin1")), "latin1");
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { port: (server.address() as { port: number }).port, told: () => told };
}

const login = (kind: Login["kind"], url: string, container: string): Login => ({
  kind,
  source: "app: URL",
  url: new URL(url),
  server: { id: container, addresses: { net: "127.0.0.1" } } as unknown as Container,
  prefix: undefined,
});
const holding = (...logins: Login[]): Credentials => ({ logins, secrets: new Map() });
const named = (name: string) => ({ name }) as Environment;

/** A Docker whose containers hold one access list. */
function dockerWith(list: string): Docker {
  const files = [{ header: { name: "users.acl", type: "file" }, content: list }];
  return {
    getContainer: () => ({ getArchive: async () => archiveOf(files[0]?.content ?? "") }),
  } as unknown as Docker;
}

async function archiveOf(content: string) {
  const { pack } = await import("tar-stream");
  const archive = pack();
  archive.entry({ name: "users.acl" }, content);
  archive.finalize();
  return archive;
}

const OWN = "canary-of-production";
const THEIRS = "canary-of-staging";

describe("a login tried on another environment's server", () => {
  /** A Redis that lets in whoever knows staging's password, or everybody. */
  const redis = (everybody: boolean) =>
    listen((told) =>
      told.includes("AUTH")
        ? everybody || told.includes(THEIRS)
          ? "+OK\r\n"
          : "-WRONGPASS invalid username-password pair\r\n"
        : ":0\r\n",
    );
  const tried = async (port: number, list: string, url = `redis://app:${OWN}@elsewhere:6379`) =>
    loginChecks(
      dockerWith(list),
      named("production"),
      holding(login("redis", url, "one")),
      named("staging"),
      holding(login("redis", `redis://app:${THEIRS}@shop:${port}`, "two")),
    );

  it("tells it no password but its own", async () => {
    const { port, told } = await redis(false);
    const [check] = await tried(port, "user app on #00 ~*");
    expect(check).toMatchObject({ result: "holds", answer: expect.stringContaining("WRONGPASS") });
    expect(told()).toContain(THEIRS);
    expect(told()).not.toContain(OWN);
  });

  it("is broken where the server keeps the same password, or takes any", async () => {
    const { port } = await redis(false);
    const same = (await import("node:crypto")).createHash("sha256").update(OWN).digest("hex");
    const [kept] = await tried(port, `user app on #${same} ~*`);
    expect(kept).toMatchObject({ result: "broken", answer: "its server keeps the same password for app" });
    const open = await redis(true);
    const [any] = await tried(open.port, "user app on #00 ~*");
    expect(any).toMatchObject({ result: "broken", answer: "it was let in, with any password" });
  });

  it("is the default user's where its URL has no name", async () => {
    const { port, told } = await redis(false);
    const same = (await import("node:crypto")).createHash("sha256").update(OWN).digest("hex");
    const [check] = await tried(port, `user default on #${same} ~*`, `redis://:${OWN}@elsewhere:6379`);
    expect(check).toMatchObject({
      result: "broken",
      answer: "its server keeps the same password for default",
    });
    await tried(port, "user default on #00 ~*", `redis://:${OWN}@elsewhere:6379`);
    expect(told()).toContain("AUTH\r\n$7\r\ndefault\r\n");
  });

  it("is not tried where the server's own login gets no answer, and no password goes to a server that asks in clear", async () => {
    // Like Postgres: the length and number of a request for the password in clear.
    const { port, told } = await listen(() => "R\0\0\0\x08\0\0\0\x03");
    const [check] = await loginChecks(
      dockerWith(""),
      named("production"),
      holding(login("postgres", `postgresql://app:${OWN}@elsewhere/shop`, "one")),
      named("staging"),
      holding(login("postgres", `postgresql://app:${THEIRS}@shop:${port}/shop`, "two")),
    );
    expect(check).toMatchObject({ result: "untried", answer: expect.stringContaining("in clear") });
    expect(told()).not.toContain("canary");
  });
});

describe("a refusal", () => {
  const failure = (code: string, message = "x") =>
    Object.assign(new pg.DatabaseError(message, 0, "error"), { code });

  it.each<[string, Error, boolean, boolean]>([
    ["a wrong password", failure("28P01"), false, true],
    ["no entry in pg_hba.conf", failure("28000"), false, true],
    ["PgBouncer's", failure("08P01", "SASL authentication failed"), false, true],
    ["another protocol error", failure("08P01", "unexpected author of packet"), false, false],
    ["a database that is forbidden on a server of both", failure("42501"), true, true],
    ["a database that is forbidden on the other's", failure("42501"), false, false],
    [
      "too many connections",
      failure("53300", "sorry, too many clients already (authenticated)"),
      false,
      false,
    ],
    ["a missing database", failure("3D000"), true, false],
    ["a time-out", new Error("timeout expired while authenticating"), false, false],
    ["Redis' wrong password", new Error("-WRONGPASS invalid"), false, true],
    ["Redis' forbidden key on a server of both", new Error("-NOPERM no permissions"), true, true],
    ["Redis that wants a login", new Error("-NOAUTH Authentication required"), false, false],
    ["Redis that loads its data", new Error("-LOADING auth"), false, false],
  ])("is told by its code: %s", (_what, error, mayBeKnown, expected) => {
    expect(isRefusal(error, mayBeKnown)).toBe(expected);
  });
});

describe("what a server keeps", () => {
  it("is compared by user, and a user without a password takes any", () => {
    const list = "user default off\nuser health on nopass +ping\nuser app off #00";
    expect(redisKeeps(list, "health", "x")).toBe(true);
    expect(redisKeeps(list, "app", "x")).toBe(false);
    expect(redisKeeps(list, "default", "x")).toBe(false);
    expect(poolerKeeps('"shop_app" "pa""ss"\n', "shop_app", 'pa"ss')).toBe(true);
    expect(poolerKeeps('"shop_app" "pass"\n', "shop_owner", "pass")).toBe(false);
  });
});

describe("the targets in an environment", () => {
  it("are addresses of both families, with TCP and UDP", () => {
    const one = {
      addresses: { a: "172.20.0.2", b: "" },
      addresses6: ["fd00::2"],
      listens: [{ port: 53, protocol: "udp" }],
    } as unknown as Container;
    const targets = targetsIn([one]).map((target) => target.join(" "));
    for (const wanted of [
      "udp 172.20.0.2 53",
      "udp fd00::2 53",
      "tcp fd00::2 5432",
      "udp 172.20.0.2 33434",
    ]) {
      expect(targets).toContain(wanted);
    }
    expect(targets.filter((target) => target.includes("  "))).toEqual([]);
  });
});

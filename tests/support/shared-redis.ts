// A shared Redis server for tests, as SharedRedisServer starts one, without an engine.
import { passwordHash, serverAcl } from "../../components/redis-acl.ts";
import { exec } from "../../provider/docker/containers.ts";
import { docker, requireImage, uniqueName } from "./docker.ts";
import { eventually } from "./requests.ts";

const PASSWORD = "canary-redis-admin-91ab";

/** An image of Redis that is on the machine. */
export async function requireRedisImage(): Promise<string> {
  return await requireImage("redis");
}

/** Such a server. */
export class SharedRedisForTests {
  /** Name of the container. */
  readonly name: string;

  private constructor(name: string) {
    this.name = name;
  }

  /** @param acl content of its ACL file @default a new server's */
  static async start(image: string, acl = serverAcl(passwordHash(PASSWORD))): Promise<SharedRedisForTests> {
    const name = uniqueName("tandem-test-redis-");
    const script = `printf %s '${PASSWORD}' > /run/secrets/admin-password
[ -s /data/users.acl ] || printf %s '${acl}' > /data/users.acl
exec redis-server --aclfile /data/users.acl --dir /data --appendonly yes`;
    const container = await docker.createContainer({
      name,
      Image: image,
      Entrypoint: ["sh", "-c", script],
      Cmd: [],
      HostConfig: { NetworkMode: "none", Tmpfs: { "/run/secrets": "mode=0777" } },
    });
    await container.start();
    const server = new SharedRedisForTests(name);
    const ping = () => server.as("health", "none", ["PING"]);
    await eventually(ping, (answer) => answer === "PONG");
    return server;
  }

  /** Runs a command as a login; gives what redis-cli printed. */
  async as(user: string, password: string, args: string[], database = 0): Promise<string> {
    const login = ["--user", user, "--pass", password, "--no-auth-warning", "-n", String(database)];
    return (await exec(docker, this.name, ["redis-cli", ...login, ...args])).output.trim();
  }

  /** Runs a command as the administrator. */
  async asAdmin(...args: string[]): Promise<string> {
    return await this.as("admin", PASSWORD, args);
  }

  /** The administrator's entry of an earlier version. */
  static earlierAcl(): string {
    const now = serverAcl(passwordHash(PASSWORD));
    return now.replace(/resetchannels -@all \+acl.*$/m, "resetchannels -@all +acl +ping +info +scan +unlink");
  }

  async remove(): Promise<void> {
    await docker.getContainer(this.name).remove({ force: true, v: true });
  }
}

// Another machine on a network segment of a Docker daemon of a test's own: a network namespace of its own, a cable to the
// daemon's, and the routes of somebody who means harm. It ends with the daemon's first process.
import { spawn } from "node:child_process";
import { execa } from "execa";
import type { OwnDocker } from "./own-docker.ts";

/** The segment's addresses: a range kept for tests. */
const HOST = "198.18.77.1";
const NEIGHBOUR = "198.18.77.2";

/** The neighbour. Needs root and iproute2, as the daemon does, and bash where the daemon's root is. */
export class Neighbour {
  /** Address of the Docker host on the segment, and its own. */
  readonly host = HOST;
  readonly address = NEIGHBOUR;
  readonly #own: OwnDocker;
  readonly #pid: string;

  private constructor(own: OwnDocker, pid: string) {
    this.#own = own;
    this.#pid = pid;
  }

  /** Plugs it in. */
  static async plugIn(own: OwnDocker): Promise<Neighbour> {
    const [program = "", ...words] = [...own.inside, "unshare", "--net", "sh", "-c", "echo $$; exec cat"];
    const first = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
    const pid = await new Promise<string>((resolve, reject) => {
      first.once("error", reject);
      // As the daemon's namespace of processes counts.
      first.stdout.once("data", (data: Buffer) => resolve(data.toString().trim()));
    });
    const neighbour = new Neighbour(own, pid);
    await inside(
      own,
      `ip link add segment type veth peer name far && ip link set far netns ${pid} &&
       ip addr add ${HOST}/30 dev segment && ip link set segment up`,
    );
    // Its own 127.0.0.1 leads to the host, and so do the addresses from which Docker takes its networks.
    await neighbour.#run(
      `ip addr add ${NEIGHBOUR}/30 dev far && ip link set far up &&
       echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet &&
       ip route add 127.0.0.1 via ${HOST} && ip route add 172.16.0.0/12 via ${HOST}`,
    );
    return neighbour;
  }

  /** Whether a Redis answers it there within 5 seconds. */
  async reaches(address: string, port: number): Promise<boolean> {
    return isAnswer(await this.#run(ping(address, port), false));
  }

  #run(script: string, must = true) {
    return inside(this.#own, `nsenter --target ${this.#pid} --net -- bash -c '${script}'`, must);
  }
}

/** Whether a Redis answers on the daemon's own host within 5 seconds. */
export async function reachedLocally(own: OwnDocker, port: number): Promise<boolean> {
  return isAnswer(await inside(own, `bash -c '${ping("127.0.0.1", port)}'`, false));
}

/** Runs a script where the daemon's network and files are. @returns its output, also of one that fails if it may */
export async function inside(own: OwnDocker, script: string, must = true, input = ""): Promise<string> {
  const [program = "", ...words] = [...own.inside, "sh", "-c", script];
  return (await execa(program, words, { reject: must, all: true, input })).all;
}

const ping = (address: string, port: number) =>
  `timeout 5 bash -c "exec 3<>/dev/tcp/${address}/${port} && echo PING >&3 && head -c 5 <&3"`;
const isAnswer = (output: string) => output.endsWith("+PONG");

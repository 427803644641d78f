// A service whose image has a program and no shell, beside those of an environment.
import { appReference } from "../../setup/images/catalog.ts";
import { dockerOk } from "./docker-cli.ts";

/** The service `bare`. */
export class BareService {
  readonly #id: string;

  private constructor(id: string) {
    this.#id = id;
  }

  /** Starts it: the example app's image, whose shells lie where nothing is seen of them. */
  static async start(system: string, environment: string): Promise<BareService> {
    const labels = { system, environment, component: "bare" };
    const args = Object.entries(labels).flatMap(([key, value]) => ["--label", `tandem.${key}=${value}`]);
    const wait = "setInterval(() => undefined, 60_000)";
    const hidden = ["--tmpfs", "/usr/bin", "--network", "none", "--entrypoint", "node"];
    const id = await dockerOk(["run", "-d", "--init", ...args, ...hidden, appReference(), "-e", wait]);
    return new BareService(id.trim());
  }

  /** Removes it. */
  async remove(): Promise<void> {
    await dockerOk(["rm", "-f", this.#id]);
  }
}

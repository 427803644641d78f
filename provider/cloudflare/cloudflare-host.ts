// What the tandem provider's resources at Cloudflare are handed: a client that is made when it is needed.

import type { Properties } from "../../plugin/values.ts";
import { DockerHost } from "../docker/docker-host.ts";
import type { CloudflareApi } from "./api.ts";

/** Gives the client of Cloudflare's API. */
export interface CloudflareHost {
  cloudflare(): Promise<CloudflareApi>;
}

/** The client of a provider: a Docker host, and a Cloudflare account where the settings name a token. */
export class Hosts extends DockerHost implements CloudflareHost {
  readonly #settings: Properties;
  #api: Promise<CloudflareApi> | undefined;

  constructor(settings: Properties) {
    super(typeof settings.dockerHost === "string" ? settings.dockerHost : undefined);
    this.#settings = settings;
  }

  cloudflare(): Promise<CloudflareApi> {
    this.#api ??= this.#connect();
    return this.#api;
  }

  /** Loaded here only: most providers never speak with Cloudflare, and the SDK takes its time to load. */
  async #connect(): Promise<CloudflareApi> {
    const { cloudflareApiToken: apiToken } = this.#settings;
    const { CloudflareApi } = await import("./api.ts");
    const { readSettings } = await import("./settings.ts");
    return new CloudflareApi(readSettings({ apiToken }));
  }
}

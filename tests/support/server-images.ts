// Images made of the machine's own server images, each different in the one thing that a test is about.
import { referenceOf } from "../../setup/images/catalog.ts";
import { dockerCli, dockerOk } from "./docker-cli.ts";

/** A program in front of the image's own that only tells a version. */
const telling = (program: string, version: string) =>
  `RUN echo '#!/bin/sh' > /usr/local/bin/${program} && echo 'echo "${version}"' >> /usr/local/bin/${program} \\\n` +
  ` && chmod 755 /usr/local/bin/${program}\nENV PATH=/usr/local/bin:$PATH\n`;

/** Recipes by what is different. */
const RECIPES = {
  "newer postgres": { base: "postgres", steps: telling("postgres", "postgres (PostgreSQL) 18.0") },
  "older redis": {
    base: "redis",
    steps: telling("redis-server", "Redis server v=6.2.14 sha=0:0 malloc=libc"),
  },
  "other user": { base: "postgres", steps: "RUN usermod -u 70 postgres\n" },
  "no vector": { base: "postgres", steps: "RUN rm /usr/share/postgresql/*/extension/vector.control\n" },
  "same mariadb": { base: "mariadb", steps: "LABEL test.revision=two\n" },
  "same server": { base: "postgres", steps: "LABEL test.revision=two\n" },
} as const;

/** Makes and removes them for one test. */
export class ServerImages {
  private readonly name: string;
  private readonly made: string[] = [];

  /** @param name part of every tag */
  constructor(name: string) {
    this.name = name;
  }

  /** @returns the image's reference */
  async make(what: keyof typeof RECIPES): Promise<string> {
    const { base, steps } = RECIPES[what];
    const reference = `${this.name}:${what.replace(" ", "-")}`;
    await dockerOk(["build", "-q", "-t", reference, "-"], `FROM ${referenceOf(base)}\nUSER root\n${steps}`);
    this.made.push(reference);
    return reference;
  }

  async remove(): Promise<void> {
    for (const image of this.made) await dockerCli(["rmi", "--force", image]);
  }
}

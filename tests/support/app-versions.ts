// Versions of the example app for tests: its image with other files in it and a commit of its own.
import { buffer } from "node:stream/consumers";
import { pack } from "tar-stream";
import { appReference } from "../../setup/images/catalog.ts";
import { docker } from "./docker.ts";
import { dockerCli, dockerOk } from "./docker-cli.ts";

/** Images that a test made, by the commit that each says it is from. */
export class AppVersions {
  private readonly name: string;
  private readonly made: string[] = [];

  /** @param name that of the test's project: part of every tag */
  constructor(name: string) {
    this.name = name;
  }

  /**
   * Makes an image that answers with `commit` at /version.
   *
   * @param migrations SQL by name of the file
   * @param files further files by their path in the app's folder
   * @returns its reference
   */
  async make(
    commit: string,
    migrations: Readonly<Record<string, string>> = {},
    files: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const container = await docker.createContainer({ Image: appReference(), Cmd: ["web"] });
    try {
      const archive = pack();
      for (const [file, sql] of Object.entries(migrations))
        archive.entry({ name: `migrations/${file}` }, sql);
      for (const [path, content] of Object.entries(files)) archive.entry({ name: path }, content);
      archive.finalize();
      await container.putArchive(await buffer(archive), { path: "/app" });
      const reference = `${this.name}:${commit}`;
      await dockerOk(["commit", "--change", `ENV APP_COMMIT=${commit}`, container.id, reference]);
      this.made.push(reference);
      return reference;
    } finally {
      await container.remove();
    }
  }

  /** Removes them. */
  async remove(): Promise<void> {
    for (const image of this.made) await dockerCli(["rmi", "--force", image]);
  }
}

/** Content address of an image. */
export async function imageIdOf(reference: string): Promise<string> {
  return (await docker.getImage(reference).inspect()).Id;
}

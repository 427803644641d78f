// A file copied from one container into another, as a masked dump is: whose it is then, and an end where there is none.
import { afterAll, beforeAll, expect, it } from "vitest";
import { exec } from "../../provider/docker/containers.ts";
import { copyBetween } from "../../provider/postgres/dump-transfer.ts";
import { referenceOf } from "../../setup/images/catalog.ts";
import { docker, removeLabelled, uniqueName } from "../support/docker.ts";

const label = uniqueName("tandem-test-transfer-");
let [from, to] = ["", ""];

async function run(): Promise<string> {
  const Labels = { [label]: "true" };
  const container = await docker.createContainer({ Image: referenceOf("redis"), Labels });
  await container.start();
  return container.id;
}

beforeAll(async () => {
  [from, to] = [await run(), await run()];
});

afterAll(() => removeLabelled(label));

const at = (containerId: string, path: string) => ({ docker, containerId, path });

it("belongs to the user that it is for, and to nobody else", async () => {
  await copyBetween(at(from, "/etc/hostname"), at(to, "/tmp/copied"), "redis");
  const { stdout } = await exec(docker, to, ["stat", "-c", "%U %a", "/tmp/copied"]);
  expect(stdout).toBe("redis 600\n");
});

it("fails at once where there is nothing to copy", async () => {
  const copied = copyBetween(at(from, "/etc/nothing"), at(to, "/tmp/none"), "redis");
  await expect(copied).rejects.toThrow(/no such|not find/i);
}, 10_000);

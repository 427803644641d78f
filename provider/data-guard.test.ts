// Which change of what data hangs on is refused.
import { expect, it } from "vitest";
import type { CallContext } from "../plugin/handler.ts";
import { dataGuard } from "./data-guard.ts";
import type { DockerHost } from "./docker/docker-host.ts";

const VOLUME = { volume: "shop_redisdata", host: "" };

/** What is said of a change of identity. */
async function refused(before: object | undefined, after: object, released = false): Promise<string[]> {
  const olds = before === undefined ? {} : { subject: "volume shop_redisdata", identity: before };
  const news = { subject: "memory of shop_redis", identity: after, released, releaseWith: "say so" };
  const { failures = [] } = (await dataGuard.check?.(
    { news, olds } as never,
    {} as CallContext<DockerHost>,
  )) as { failures?: readonly { reason: string }[] };
  return failures.map(({ reason }) => reason);
}

it("lets what is new begin, and go on as it was", async () => {
  expect(await refused(undefined, VOLUME)).toEqual([]);
  expect(await refused(VOLUME, VOLUME)).toEqual([]);
});

it("refuses another name, and to keep nothing from now on, unless the data is released", async () => {
  expect(await refused(VOLUME, { ...VOLUME, volume: "more" })).toEqual([
    expect.stringMatching(
      /put an empty one in its place \(volume from 'shop_redisdata' to 'more'\).* To keep it, .* `volumeRole`\. .*: say so$/,
    ),
  ]);
  expect(await refused({ database: "shop" }, { database: "shop_main" })).toEqual([
    expect.stringContaining(
      "To keep it, leave the order of components as it was, or say its name by `database`.",
    ),
  ]);
  expect(await refused(VOLUME, {})).toEqual([
    expect.stringMatching(
      /^volume shop_redisdata holds data, and this change would leave it behind .*to none/,
    ),
  ]);
  expect(await refused(VOLUME, {}, true)).toEqual([]);
});

it("lets what kept nothing keep something", async () => expect(await refused({}, VOLUME)).toEqual([]));

it("refuses another login where the image makes one with the data only, and says how it is done", async () => {
  const made = { ...VOLUME, made: "login app, database shop" };
  const other = { ...VOLUME, made: "login app, database other" };
  expect(await refused(made, other)).toEqual([
    expect.stringMatching(
      /was made with 'login app, database shop', .*'login app, database other' would be nowhere\..*leaves the data as it is: say so$/,
    ),
  ]);
  expect(await refused(made, other, true)).toEqual([]);
  expect(await refused(VOLUME, made), "the state of an older version doesn't know").toEqual([]);
  expect(await refused({ ...made, volume: "a" }, other)).toEqual([
    expect.stringContaining("put an empty one in its place (volume from 'a' to 'shop_redisdata')"),
  ]);
  expect(await refused(made, VOLUME), "nothing is asked for any more").toEqual([]);
});

it("refuses another password there, by its fingerprint, which no message has", async () => {
  const made = { ...VOLUME, made: "login app", fingerprint: "one" };
  expect(await refused(made, made)).toEqual([]);
  expect(await refused({ ...VOLUME, made: "login app" }, made)).toEqual([]);
  const [reason = "", ...others] = await refused(made, { ...made, fingerprint: "two" });
  expect(others).toEqual([]);
  expect(reason).toMatch(/made with 'login app', .*: another password would be nowhere/);
  expect(reason).not.toMatch(/'(one|two)'/);
});

it("names the argument that a volume with a path has its role by", async () => {
  const data = { ...VOLUME, path: "/data" };
  expect(await refused(data, { ...data, volume: "more" })).toEqual([
    expect.stringContaining("or say its name by `data`."),
  ]);
});

// What applications do with node-redis, the other common client, for a login that is bound to a key prefix.
import { createClient } from "redis";
import { expect } from "vitest";

/** Connects as the client does by itself, and uses keys, transactions, scripts, streams and messages under the prefix. */
export async function exerciseNodeRedis(url: string, prefix: string): Promise<void> {
  const client = createClient({ url, name: "tandem-test", socket: { reconnectStrategy: false } });
  client.on("error", () => undefined);
  await client.connect();
  const listener = client.duplicate();
  await listener.connect();
  const key = (name: string) => `${prefix}node-redis:${name}`;
  try {
    await client.set(key("text"), "one", { EX: 60 });
    expect(await client.mGet([key("text"), key("none")])).toEqual(["one", null]);
    expect(await client.multi().incr(key("count")).incr(key("count")).exec()).toEqual([1, 2]);
    await client.hSet(key("map"), { a: "1", b: "2" });
    expect({ ...(await client.hGetAll(key("map"))) }).toEqual({ a: "1", b: "2" });
    await client.zAdd(key("sorted"), [{ score: 1, value: "first" }]);
    await client.xAdd(key("stream"), "*", { n: "1" });
    expect(await client.xLen(key("stream"))).toBe(1);
    const script = "return redis.call('GET', KEYS[1])";
    expect(await client.eval(script, { keys: [key("text")], arguments: [] })).toBe("one");
    const heard = new Promise<string>((resolve) => {
      listener.subscribe(key("channel"), (message) => resolve(message)).catch(resolve);
    });
    await expect.poll(() => client.publish(key("channel"), "hello")).toBe(1);
    expect(await heard).toBe("hello");
    await client.unlink(["text", "count", "map", "sorted", "stream"].map(key));
  } finally {
    listener.destroy();
    client.destroy();
  }
}

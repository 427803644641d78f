// The engine's refusal, in its own words.
import { expect, it } from "vitest";
import { locksIn } from "./remote-locks.ts";

it("reads who holds a stack", () => {
  const refusal = `pulumi refresh --yes failed for staging: error: the stack is currently locked by 2 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  s3://bucket/.pulumi/locks/organization/shop/staging/1f.json: created by ann@build-1 (pid 4711) at 2026-11-21T09:13:23Z
  postgres://****:****@db/.pulumi/locks/organization/shop/staging/2e.json: created by Bob B.@laptop (pid 12) at 2026-11-21T09:14:00+01:00`;
  expect(locksIn(refusal)).toEqual([
    {
      file: "s3://bucket/.pulumi/locks/organization/shop/staging/1f.json",
      ...{ username: "ann", hostname: "build-1", pid: 4711, timestamp: "2026-11-21T09:13:23Z" },
    },
    expect.objectContaining({ username: "Bob B.", hostname: "laptop", pid: 12 }),
  ]);
});

it("finds none in another failure", () => {
  expect(locksIn("error: failed to refresh: no such host")).toEqual([]);
});

// The program for health checks is read once for all containers, and again where that failed.
import { expect, it } from "vitest";
import { putProbe } from "./probe-program.ts";

it("a look into the image that failed doesn't fail for the next container", async () => {
  let looks = 0;
  const docker = {
    getContainer: () => ({ inspect: () => Promise.resolve({ State: { Running: false } }) }),
    createContainer: () => {
      looks++;
      return Promise.reject(new Error("try again"));
    },
  };
  const put = () => putProbe(docker as never, { containerId: "a", probe: { image: "i", folder: "/f" } });
  for (let tries = 0; tries < 2; tries++) await expect(put()).rejects.toThrow("try again");
  expect(looks).toBe(2);
});

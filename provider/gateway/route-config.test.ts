// What is wrong with a route, also while some of it isn't known yet.
import { expect, it } from "vitest";
import { routeProblems } from "./route-config.ts";

const route = { routeName: "app", hostnames: ["a.example.com"], upstreams: ["app:80"] };

it("user and hash come together, even if the hash isn't known before the password is made", () => {
  const user = { ...route, basicAuthUser: "team" };
  expect(routeProblems(user).map(({ property }) => property)).toEqual(["basicAuthUser"]);
  expect(routeProblems(user, [...Object.keys(user), "basicAuthHash"])).toEqual([]);
  expect(routeProblems(route)).toEqual([]);
});

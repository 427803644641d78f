// What is said of an error that a command ends with.
import { expect, it } from "vitest";
import { UserError } from "./errors.ts";
import { toldOf } from "./tell-error.ts";

it("says of what a user can fix how, and ends with its exit code", () => {
  expect(toldOf(new UserError("no stack", "name one", 2), {})).toEqual({
    text: "tandem: no stack\n        name one\n",
    exitCode: 2,
  });
});

it("says of Docker's refusals what Docker said, and shows no place in the code", () => {
  const error = Object.assign(new Error("(HTTP code 500) server error - Error processing tar file "), {
    statusCode: 500,
    json: { message: "Error processing tar file" },
  });
  const { text, exitCode } = toldOf(error, {});
  expect(text).toMatch(/^tandem: Docker refused a request with status 500: Error processing tar file\n/);
  expect(text).not.toMatch(/^\s+at /m);
  expect(exitCode).toBe(1);
});

it("says of any other error that it is a fault, with its place where that is asked for", () => {
  const error = new TypeError("x is undefined");
  expect(toldOf(error, {}).text).toMatch(
    /^tandem: x is undefined\n {8}nothing foresaw this.*TANDEM_TRACE=1 adds\n$/,
  );
  expect(toldOf(error, { TANDEM_TRACE: "1" }).text).toMatch(/^ +at .*tell-error.test.ts/m);
  expect(toldOf("a word", {}).exitCode).toBe(1);
});

it("calls what the machine refused no fault of its own, and says it where the error itself has no words", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED 127.0.0.1:2375"), {
    ...{ code: "ECONNREFUSED", syscall: "connect" },
  });
  for (const error of [refused, new AggregateError([refused])])
    expect(toldOf(error, {}).text).toMatch(
      /^tandem: connect ECONNREFUSED 127.0.0.1:2375\n {8}the machine refused/,
    );
});

it("says nothing to a pipe that nobody reads", () => {
  expect(toldOf(Object.assign(new Error("EPIPE"), { code: "EPIPE" }), {})).toEqual({
    text: "",
    exitCode: 141,
  });
});

// What is repeated of the words of a health check: they are an application's.
import { expect, it } from "vitest";
import { lastWords } from "./health.ts";

it("a check's last line tells no secret and moves no cursor", () => {
  const environment = ["DB_PASSWORD=hunter22", "MODE=fine"];
  expect(lastWords("first\nno login with hunter22 in mode fine\n", environment)).toBe(
    "no login with [secret] in mode fine",
  );
  expect(lastWords("postgresql://app:pw@db/x refused", [])).toBe("postgresql://app:[secret]@db/x refused");
  expect(lastWords("\u001b[2J\u0007gone\rHTTP", [])).toBe("\\x1b[2J\\x07gone\\x0dHTTP");
  expect(lastWords("", environment)).toBe("");
});

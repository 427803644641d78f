// A health check for images without curl: exit 0 when the URL answers 2xx within the time, else 1 and the reason.
import { get } from "node:http";

const url = process.argv[2] ?? `http://127.0.0.1:${process.env.PORT || 8080}/ready`;
const timeout = Number(process.argv[3] ?? 2_000);

function fail(reason: string): void {
  process.stderr.write(`${url}: ${reason}\n`);
  process.exitCode = 1;
}

const request = get(url, { agent: false, timeout }, (response) => {
  const status = response.statusCode ?? 0;
  const chunks: Buffer[] = [];
  response.on("data", (chunk: Buffer) => chunks.push(chunk));
  response.on("end", () => {
    if (status < 200 || status > 299) fail(`${status} ${Buffer.concat(chunks).toString().slice(0, 500)}`);
  });
});
request.on("timeout", () => request.destroy(new Error(`no answer within ${timeout} ms`)));
request.on("error", (error) => fail(error.message));

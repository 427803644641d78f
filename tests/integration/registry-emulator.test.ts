// The emulated registry is held against the OCI distribution specification, and against Docker's own push and pull.
import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { referenceOf } from "../../setup/images/catalog.ts";
import { RegistryEmulator } from "../emulators/registry/registry.ts";
import { imageIdOf } from "../support/app-versions.ts";
import { docker, uniqueName } from "../support/docker.ts";
import { dockerCli, dockerOk } from "../support/docker-cli.ts";

let registry: RegistryEmulator;
const name = uniqueName("registry-emulator-");

beforeAll(async () => {
  registry = await RegistryEmulator.start();
});

afterAll(async () => {
  const images = await docker.listImages({
    filters: JSON.stringify({ reference: [`${registry.host}/${name}`] }),
  });
  for (const { Id } of images) await dockerCli(["rmi", "--force", Id]);
  await registry.stop();
});

const digestOf = (content: string | Buffer) => `sha256:${createHash("sha256").update(content).digest("hex")}`;

async function asked(method: string, path: string, body?: string, type = "application/octet-stream") {
  const response = await fetch(`http://${registry.host}${path}`, {
    method,
    ...(body === undefined ? {} : { body, headers: { "content-type": type } }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text };
}

/** The codes in the specification's form of an error. */
function codes(text: string): string[] {
  const { errors } = JSON.parse(text) as { errors: { code: string; message: string }[] };
  for (const { message } of errors) expect(message).not.toBe("");
  return errors.map(({ code }) => code);
}

describe("the emulated registry", () => {
  it("takes a blob in one piece or in several, and gives it back", async () => {
    const whole = await asked("POST", `/v2/a/b/blobs/uploads/?digest=${digestOf("whole")}`, "whole");
    expect(whole.status).toBe(201);
    const begun = await asked("POST", "/v2/a/b/blobs/uploads/");
    expect(begun.status).toBe(202);
    const location = begun.headers.get("location") ?? "";
    expect((await asked("PATCH", location, "first, ")).headers.get("range")).toBe("0-6");
    const done = await asked("PUT", `${location}?digest=${digestOf("first, last")}`, "last");
    expect(done.status).toBe(201);
    expect((await asked("GET", done.headers.get("location") ?? "")).text).toBe("first, last");
    const head = await asked("HEAD", `/v2/a/b/blobs/${digestOf("whole")}`);
    expect([head.status, head.headers.get("content-length"), head.text]).toEqual([200, "5", ""]);
  });

  it("refuses as the specification says, by status and code", async () => {
    const missing = digestOf("missing");
    const manifest = JSON.stringify({ schemaVersion: 2, config: { digest: missing }, layers: [] });
    const type = "application/vnd.oci.image.manifest.v1+json";
    const begun = (await asked("POST", "/v2/a/b/blobs/uploads/")).headers.get("location") ?? "";
    const cases: [Promise<{ status: number; text: string }>, number, string][] = [
      [asked("GET", `/v2/a/b/blobs/${missing}`), 404, "BLOB_UNKNOWN"],
      [asked("GET", "/v2/a/b/blobs/sha256:12"), 400, "DIGEST_INVALID"],
      [asked("GET", "/v2/a/b/manifests/latest"), 404, "MANIFEST_UNKNOWN"],
      [asked("GET", "/v2/nobody/tags/list"), 404, "NAME_UNKNOWN"],
      [asked("GET", "/v2/UPPER/tags/list"), 404, "NAME_INVALID"],
      [asked("PATCH", "/v2/a/b/blobs/uploads/nothing", "x"), 404, "BLOB_UPLOAD_UNKNOWN"],
      [asked("PUT", `${begun}?digest=${missing}`, "something else"), 400, "DIGEST_INVALID"],
      [asked("PUT", "/v2/a/b/manifests/latest", manifest, type), 404, "MANIFEST_BLOB_UNKNOWN"],
      [asked("PUT", "/v2/a/b/manifests/latest", "no JSON", type), 400, "MANIFEST_INVALID"],
      [asked("DELETE", "/v2/a/b/manifests/latest"), 405, "UNSUPPORTED"],
    ];
    for (const [answer, status, code] of cases) {
      const { status: is, text } = await answer;
      expect([is, codes(text)]).toEqual([status, [code]]);
    }
  });

  it("serves Docker's own push and pull: the same image comes back, by tag and by digest", async () => {
    const reference = `${registry.host}/${name}:1`;
    const id = randomBytes(8).toString("hex");
    await dockerOk(
      ["build", "--quiet", "--tag", reference, "-"],
      `FROM scratch\nLABEL id=${id}\nCOPY --from=${referenceOf("caddy")} /etc/passwd /\n`,
    );
    const image = await imageIdOf(reference);
    const pushed = await dockerOk(["push", reference]);
    const digest = /digest: (sha256:[a-f0-9]{64})/.exec(pushed)?.[1] ?? "";
    expect((await asked("GET", `/v2/${name}/tags/list`)).text).toBe(`{"name":"${name}","tags":["1"]}`);
    const manifest = await asked("GET", `/v2/${name}/manifests/1`);
    expect(digestOf(manifest.text)).toBe(digest);
    for (const wanted of [reference, `${registry.host}/${name}@${digest}`]) {
      await dockerOk(["rmi", "--force", image]);
      await dockerOk(["pull", "--quiet", wanted]);
      expect(await imageIdOf(wanted)).toBe(image);
    }
    const gone = await dockerCli(["pull", `${registry.host}/${name}:2`]);
    expect(gone.stderr).toMatch(/manifest for .*:2 not found: manifest unknown/);
  });
});

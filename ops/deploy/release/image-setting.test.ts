import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Project } from "../../engine/project.ts";
import { writeImages } from "./image-setting.ts";

const TEXT = `# What production sets.
encryptionsalt: v1:abc
config:
  # the app
  shop:image: shop:1.0.0 # tag
  shop:hostPort: 3100
  shop:token:
    secure: v1:xyz
`;
const image = { reference: "sha256:0123", comment: "shop:0.9.0, version 3" };

let folder: string;
let file: string;
const project = { name: "shop" } as Project;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tandem-image-setting-"));
  file = join(folder, "Pulumi.production.yaml");
  writeFileSync(file, TEXT);
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("an image in a stack file", () => {
  it("is set, with what it is known by; every other line stays as it is", () => {
    writeImages(project, file, { image });
    expect(readFileSync(file, "utf8")).toBe(
      TEXT.replace("shop:1.0.0 # tag", "sha256:0123 # shop:0.9.0, version 3"),
    );
    expect(readdirSync(folder)).toEqual(["Pulumi.production.yaml"]);
  });

  it("is added where there was none, under the project's name", () => {
    writeImages(project, file, { workerImage: image });
    expect(readFileSync(file, "utf8")).toBe(
      `${TEXT}  shop:workerImage: sha256:0123 # shop:0.9.0, version 3\n`,
    );
  });

  it("keeps a key without the project's name", () => {
    writeFileSync(file, TEXT.replace("shop:image", "image"));
    writeImages(project, file, { image });
    expect(readFileSync(file, "utf8")).toContain("\n  image: sha256:0123");
  });

  it("can be taken back, to the last byte", () => {
    writeImages(project, file, { image })();
    expect(readFileSync(file, "utf8")).toBe(TEXT);
  });
});

// Writes images into a tracked stack file, so that the file says what serves; comments and order stay as they are.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { isScalar, parseDocument } from "yaml";
import type { Project } from "../../engine/project.ts";

/** What a setting is to be. */
export interface NewImage {
  /** A digest or an id. */
  reference: string;
  /** What people know it by. */
  comment: string;
}

function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/**
 * Sets images in a stack file.
 *
 * @returns what puts the file back as it was
 */
export function writeImages(
  project: Project,
  path: string,
  images: Readonly<Record<string, NewImage>>,
): () => void {
  const before = readFileSync(path, "utf8");
  const document = parseDocument(before);
  for (const [key, { reference, comment }] of Object.entries(images)) {
    const short = document.hasIn(["config", key]) ? key : `${project.name}:${key}`;
    const node = document.createNode(reference);
    if (isScalar(node)) node.comment = ` ${comment}`;
    document.setIn(["config", short], node);
  }
  replace(path, document.toString({ lineWidth: 0 }));
  return () => replace(path, before);
}

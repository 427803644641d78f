// One container of Kamal's as a service of the shared model: its keys in compose's names, read by the readers that compose has.

import { longService } from "../compose/long-syntax.ts";
import { type ComposeService, serviceOf } from "../compose/model.ts";
import { shownName, wrongFile } from "../compose/problem.ts";
import type { Tree } from "./read.ts";

/** A service out of keys as compose has them. @param root folder that relative paths begin in */
export function serviceFrom(name: string, tree: Tree, root: string, file: string): ComposeService {
  const given = Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== undefined));
  try {
    const long = longService(given, { folder: root, lookup: () => undefined });
    return serviceOf(name, { restart: "unless-stopped", ...long });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw wrongFile(file, undefined, `has ${shownName(name)}, whose cmd ${error.message}`);
  }
}

/** `volumes` of Kamal: what lies on the host begins with a slash, all else is a volume's name. */
export function volumesOf(...lists: unknown[]): string[] {
  return lists.flatMap((list) => (Array.isArray(list) ? list.map(String) : []));
}

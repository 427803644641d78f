// What the other stacks know whose state lies in the same folder: a rule that stands there is nobody's drift.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { output, placeOf } from "../../engine/place.ts";
import type { Session } from "../../engine/session.ts";
import { readDeployment } from "../../engine/state/backend.ts";

/** Hostnames of the tunnel rules of all other stacks; none where states are kept elsewhere. In lower case. */
export function hostnamesElsewhere({ backend, project, stack }: Session): Set<string> {
  if (backend.kind !== "file") return new Set();
  const root = join(backend.directory, ".pulumi", "stacks");
  const projects = existsSync(root) ? readdirSync(root) : [];
  const hostnames = projects.flatMap((name) =>
    readdirSync(join(root, name)).flatMap((file) => {
      const other = /^(.+)\.json(\.gz|\.zst)?$/.exec(file)?.[1];
      if (other === undefined || (name === project.name && other === stack)) return [];
      const place = placeOf(name, other, readDeployment(backend.directory, name, other) ?? {});
      return place.of("rule").map((rule) => output(rule, "hostname").toLowerCase());
    }),
  );
  return new Set(hostnames);
}

// tandem:data:Guard: refuses a change that would leave data behind, or give it to a server that can't read it.
import type { CallContext, CheckFailure, ResourceHandler } from "../plugin/handler.ts";
import { hasUnknown, type Properties, sameValue } from "../plugin/values.ts";
import type { DockerHost } from "./docker/docker-host.ts";
import { type GuardedServer, serverProblem } from "./postgres/server-image.ts";
import { settingsProblem } from "./postgres/server-settings.ts";

/** Released data may be left behind, but not be given to a server that can't read it: that would help nobody. */
async function serverFailures(
  { news, olds }: CheckedInputs,
  ctx: CallContext<DockerHost>,
): Promise<CheckFailure[]> {
  if (news.server === undefined || hasUnknown(news.server)) return [];
  const server = news.server as unknown as GuardedServer;
  const problem = await serverProblem(server, ctx);
  if (problem === undefined) return [];
  const before = (olds.server as Partial<GuardedServer> | undefined)?.image;
  const known = before === undefined || before === server.image ? "" : `, such as ${before}`;
  const reason =
    `${String(news.subject)} can't be given to ${server.image}: ${problem}. Nothing was touched. ` +
    `To do: name an image that can read it${known}. To move the data to another version, dump it with the server that ` +
    "wrote it and restore the dump into a new volume.";
  return [{ property: "server", reason }];
}

/** Settings are tried where they, or the image, change: a server that doesn't take them doesn't start. */
async function settingsFailures(
  { news, olds }: CheckedInputs,
  ctx: CallContext<DockerHost>,
): Promise<CheckFailure[]> {
  if (news.server === undefined || hasUnknown(news.server)) return [];
  const server = news.server as unknown as GuardedServer;
  const before = (olds.server ?? {}) as Partial<GuardedServer>;
  const known = sameValue(asked(before), asked(server));
  const problem = server.settings === undefined || known ? undefined : await settingsProblem(server, ctx);
  if (problem === undefined) return [];
  const reason =
    `${server.image} doesn't take what ${server.container} is given by \`settings\` and \`preload\`: ${problem}. ` +
    "Nothing was touched. To do: give it names and values with which this version of Postgres starts.";
  return [{ property: "server", reason }];
}

const asked = ({ image, settings }: Partial<GuardedServer>) => ({ image, settings }) as Properties;

interface CheckedInputs {
  news: Properties;
  olds: Properties;
}

/** How to keep data whose name changes: the first component of a kind has other names as soon as one is put before it. */
function keeping(before: Properties, after: Properties): string {
  const changed = (key: string) => after[key] !== undefined && before[key] !== after[key];
  const volume = after.path === undefined ? "volumeRole" : "data";
  const argument = changed("volume") ? volume : changed("database") ? "database" : undefined;
  if (argument === undefined) return "";
  return `To keep it, leave the order of components as it was, or say its name by \`${argument}\`. `;
}

/** What an image makes in an empty volume only: the names, and a fingerprint of the password. */
const MADE = ["made", "fingerprint"];

/** What is known of the data, without a difference in what one side says nothing of: nobody can say that it is another one. */
function comparable(known: Properties, after: Properties): Properties {
  const before = { ...known };
  for (const key of Object.keys(known).length > 0 ? MADE : []) {
    if (known[key] !== undefined && after[key] !== undefined && !hasUnknown(after[key])) continue;
    delete before[key];
    if (after[key] !== undefined) before[key] = after[key];
  }
  return before;
}

const shown = (value: unknown) => (value === undefined ? "none" : `'${String(value)}'`);

/** Has nothing of its own on any host: it compares what the data hangs on with what the state remembers, and asks a new image. */
export const dataGuard: ResourceHandler<DockerHost> = {
  async check({ news, olds }, ctx) {
    const known = (olds.identity ?? {}) as Properties;
    const after = (news.identity ?? {}) as Properties;
    const before = comparable(known, after);
    // Whoever keeps nothing has an empty identity.
    const held = Object.keys(before).length > 0;
    if (!held || news.released === true || sameValue(before, news.identity)) {
      const failures = await serverFailures({ news, olds }, ctx);
      if (failures.length > 0) return { inputs: news, failures };
      return { inputs: news, failures: await settingsFailures({ news, olds }, ctx) };
    }
    const changed = Object.keys({ ...before, ...after }).filter(
      (key) => !sameValue(before[key] ?? null, after[key] ?? null),
    );
    if (changed.every((key) => MADE.includes(key))) {
      const wanted = changed.map((key) => (key === "made" ? shown(after.made) : "another password"));
      const reason =
        `${String(olds.subject)} was made with ${shown(before.made)}, and its image makes such things in an empty volume only: ` +
        `${wanted.join(" and ")} would be nowhere. Nothing was touched. To do: keep what it has; or make it by the service's own ` +
        `commands, then let this update pass, which leaves the data as it is: ${String(news.releaseWith)}`;
      return { inputs: news, failures: [{ property: "identity", reason }] };
    }
    const moved = changed
      .filter((key) => !MADE.includes(key))
      .map((key) => `${key} from ${shown(before[key])} to ${shown(after[key])}`);
    const does = Object.keys(after).length > 0 ? "put an empty one in its place" : "leave it behind";
    const reason =
      `${String(olds.subject)} holds data, and this change would ${does} (${moved.join(", ")}). ` +
      `Nothing was touched. ${keeping(before, after)}If the data may be left behind: ${String(news.releaseWith)}`;
    return { inputs: news, failures: [{ property: "identity", reason }] };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    // Not `releaseWith`: it only says what to type, which depends on who runs the engine. Not `server`: it is only looked at.
    for (const key of ["subject", "identity", "released"]) {
      if (!sameValue(olds[key] ?? null, news[key] ?? null)) changes[key] = "update";
    }
    return { changes };
  },
  create: ({ inputs }) => ({ id: String(inputs.subject), outputs: inputs }),
  read: ({ id, outputs, inputs }) => ({ id, outputs, inputs }),
  update: ({ inputs }) => inputs,
  delete: () => undefined,
};

// tandem:data:Guard: refuses a change that would leave data behind.
import type { ResourceHandler } from "../lib/plugin/handler.ts";
import { type Properties, sameValue } from "../lib/plugin/values.ts";

/** Has nothing of its own on any host: it compares what the data hangs on with what the state remembers. */
export const dataGuard: ResourceHandler = {
  check({ news, olds }) {
    const before = olds.identity as Properties | undefined;
    if (before === undefined || news.released === true || sameValue(before, news.identity)) {
      return { inputs: news, failures: [] };
    }
    const after = (news.identity ?? {}) as Properties;
    const moved = Object.keys({ ...before, ...after })
      .filter((key) => !sameValue(before[key] ?? null, after[key] ?? null))
      .map((key) => `${key} from '${String(before[key])}' to '${String(after[key])}'`);
    const reason =
      `${String(olds.subject)} holds data, and this change would put an empty one in its place (${moved.join(", ")}). ` +
      `Nothing was touched. If the data may be left behind: ${String(news.releaseWith)}`;
    return { inputs: news, failures: [{ property: "identity", reason }] };
  },
  diff({ olds, news }) {
    const changes: Record<string, "update"> = {};
    // Not `releaseWith`: it only says what to type, which depends on who runs the engine.
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

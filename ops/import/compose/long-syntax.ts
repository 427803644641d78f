// Brings a service to one form: compose has a short and a long syntax for much, and files can be merged only in one.
import { resolve } from "node:path";
import { isMap } from "../../../infra/settings/structures.ts";
import { type Lookup, unknownValue } from "./interpolate.ts";
import { shellWords } from "./words.ts";
import { Override, RESET } from "./yaml.ts";

/** Where a file's relative paths begin, and what its variables without a value stand for. */
export interface Origin {
  folder: string;
  lookup: Lookup;
}

type Tree = Record<string, unknown>;
type Form = (value: unknown, origin: Origin) => unknown;

/** A list of one or several texts. */
const texts: Form = (value) => (Array.isArray(value) ? value : [value]);

/** `NAME=value` texts, or values by name; a name alone has the value of the shell's variable. */
const table =
  (separator: RegExp, alone: (name: string, origin: Origin) => unknown): Form =>
  (value, origin) => {
    const entries = Array.isArray(value)
      ? value.map((each): [string, unknown] => {
          const at = String(each).search(separator);
          return at < 0 ? [String(each), null] : [String(each).slice(0, at), String(each).slice(at + 1)];
        })
      : Object.entries(value as Tree);
    return Object.fromEntries(entries.map(([name, own]) => [name, own === null ? alone(name, origin) : own]));
  };

const variables = table(/=/, (name, { lookup }) => lookup(name) ?? unknownValue(name));
const labels = table(/=/, () => "");
const names =
  (entry: unknown): Form =>
  (value) =>
    Array.isArray(value) ? Object.fromEntries(value.map((name) => [String(name), entry])) : value;

const command: Form = (value) => (typeof value === "string" ? shellWords(value) : value);

const build: Form = (value, origin) => {
  const tree = isMap(value) ? value : { context: value };
  const context = String(tree.context ?? ".");
  const remote = /^(https?|git|ssh):|^git@/.test(context);
  return {
    ...tree,
    context: remote ? context : resolve(origin.folder, context),
    ...(tree.args === undefined ? {} : { args: longForm("environment", tree.args, origin) }),
  };
};

const PORT = /^(?:(?:\[([^\]]*)\]|([\d.]+|\uE000[^\uE001]*\uE001)):)??(?:([^:]*):)?([^:/]+)(?:\/(\w+))?$/;

/** `[ip:][host:]container[/protocol]`; a range is as many ports as it has. */
const ports: Form = (value) =>
  (value as unknown[]).flatMap((each) => {
    if (isMap(each)) return [each];
    const [, ip6, ip4, published, target = "", protocol] = PORT.exec(String(each)) ?? [];
    const inside = rangeOf(target);
    const outside = published === undefined || published === "" ? [] : rangeOf(published);
    return inside.map((port, index) => ({
      target: port,
      ...(outside.length === 0 ? {} : { published: outside[index] ?? outside[0] }),
      ...((ip6 ?? ip4) === undefined ? {} : { host_ip: ip6 ?? ip4 }),
      ...(protocol === undefined ? {} : { protocol }),
    }));
  });

function rangeOf(text: string): (number | string)[] {
  const [, first, last] = /^(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined) return [/^\d+$/.test(text) ? Number(text) : text];
  const count = Math.min(Number(last) - Number(first) + 1, 1000);
  return Array.from({ length: Math.max(count, 0) }, (_, index) => Number(first) + index);
}

/** `source:target[:options]`, or a target alone. */
const volumes: Form = (value, origin) =>
  (value as unknown[]).map((each) => {
    const tree = isMap(each) ? each : shortVolume(String(each));
    const bind = tree.type === "bind" && typeof tree.source === "string";
    return bind ? { ...tree, source: hostPath(String(tree.source), origin) } : tree;
  });

function shortVolume(text: string): Tree {
  const parts = text.split(":");
  // A path of Windows has a colon of its own.
  if (/^[A-Za-z]$/.test(parts[0] ?? "") && /^[\\/]/.test(parts[1] ?? "")) {
    parts.splice(0, 2, `${parts[0]}:${parts[1]}`);
  }
  const [source = "", target, options = ""] = parts;
  if (target === undefined) return { type: "volume", target: source };
  const type = /^([./~]|[A-Za-z]:|\uE000)/.test(source) ? "bind" : "volume";
  const readOnly = options.split(",").includes("ro");
  return { type, source, target, ...(readOnly ? { read_only: true } : {}) };
}

function hostPath(path: string, { folder }: Origin): string {
  return path.startsWith("~") ? path : resolve(folder, path);
}

const envFiles: Form = (value, { folder }) =>
  (texts(value, { folder, lookup: () => undefined }) as unknown[]).map((each) => {
    const tree: Tree = isMap(each) ? each : { path: String(each) };
    return { required: true, ...tree, path: resolve(folder, String(tree.path)) };
  });

const mounts: Form = (value) =>
  (value as unknown[]).map((each) => (isMap(each) ? each : { source: String(each) }));

const healthcheck: Form = (value) => {
  const tree = value as Tree;
  return typeof tree.test === "string" ? { ...tree, test: ["CMD-SHELL", tree.test] } : tree;
};

const FORMS: Readonly<Record<string, Form>> = {
  build,
  cap_add: texts,
  command,
  configs: mounts,
  depends_on: names({ condition: "service_started" }),
  devices: texts,
  entrypoint: command,
  env_file: envFiles,
  environment: variables,
  expose: texts,
  extends: (value) => (isMap(value) ? value : { service: value }),
  extra_hosts: table(/[=:]/, () => ""),
  healthcheck,
  labels,
  networks: names(null),
  ports,
  secrets: mounts,
  sysctls: labels,
  tmpfs: texts,
  volumes,
};

/** A service in the one form. */
export function longService(service: unknown, origin: Origin): Tree {
  if (!isMap(service)) return {};
  return Object.fromEntries(
    Object.entries(service).map(([key, value]) => [key, longForm(key, value, origin)]),
  );
}

function longForm(key: string, value: unknown, origin: Origin): unknown {
  const form = FORMS[key];
  if (form === undefined || value === null || value === RESET) return value;
  if (value instanceof Override) return new Override(form(value.value, origin));
  // A list or a map may hold a tag of its own, which no form has to know of.
  return form(value, origin);
}

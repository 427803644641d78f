// The form of Kamal's configuration: which keys there are and what each may hold, as its documentation says
// (kamal-deploy.org/docs/configuration, 2.12). What the import doesn't read is held to its name alone.
import { z } from "zod";

const text = z.string();
const scalar = z.union([text, z.number(), z.boolean(), z.null()]);
const number = z.union([z.number(), text]);
const texts = z.array(z.union([text, z.number()]));
const oneOrMore = z.union([text, z.number(), texts]);
const anything = z.unknown();

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Every key may be left out. */
const object = (shape: Record<string, z.ZodType>) => z.strictObject(shape).partial();
/** A key alone, without a value, says nothing. */
const maybe = (form: z.ZodType) => z.union([z.null(), form]);
/** Keys that are taken for what they are, whatever they hold. */
const named = (keys: string) => Object.fromEntries(keys.split(" ").map((key) => [key, anything]));

/** Keys of a variable table that is more than values by name. */
export const ENV_KEYS = ["clear", "secret", "tags"] as const;

const values = z.record(text, scalar);
/** Values by name, or what is clear and what is secret. */
const env = (more: Record<string, z.ZodType> = {}) =>
  z.preprocess(
    (value) => (isTree(value) && !ENV_KEYS.some((key) => key in value) ? { clear: value } : value),
    maybe(object({ clear: maybe(values), secret: maybe(z.array(text)), ...more })),
  );

const host = z.union([text, z.record(text, oneOrMore)]);
const hosts = maybe(z.array(host));

const proxy = z.preprocess(
  // On, or off.
  (value) => (typeof value === "boolean" ? {} : value),
  maybe(
    object({
      ...named("ssl ssl_redirect forward_headers strip_path_prefix buffering logging run"),
      ...{ host: text, hosts: z.array(text), app_port: number, response_timeout: number },
      ...{ path_prefix: text, path_prefixes: z.array(text) },
      healthcheck: maybe(object({ path: text, interval: number, timeout: number })),
    }),
  ),
);

const common = {
  ...named("labels logging"),
  ...{ options: maybe(z.record(text, anything)), proxy },
};

const role = z.preprocess(
  (value) => (Array.isArray(value) ? { hosts: value } : value),
  maybe(
    object({
      ...common,
      ...{ hosts, cmd: text, stop_timeout: number, env: env(), asset_path: text },
      // Kamal 1
      traefik: anything,
    }),
  ),
);

const path = z.union([text, object({ local: text, remote: text, ...named("mode owner options") })]);
const accessory = object({
  ...named("registry network"),
  ...common,
  ...{
    service: text,
    image: text,
    host: text,
    hosts: texts,
    role: text,
    roles: texts,
    tag: text,
    tags: texts,
  },
  ...{ cmd: text, port: number, env: env(), files: z.array(path), directories: z.array(path) },
  volumes: z.array(text),
});

const builder = object({
  ...named("arch remote local pack cache ssh driver provenance sbom multiarch"),
  ...{ context: text, dockerfile: text, target: text, args: maybe(values), secrets: z.array(text) },
});

/** A whole file; a destination's has a part of it. */
export const kamalFile = object({
  ...named("labels logging output retain_containers hooks_output minimum_version require_destination"),
  ...named("allow_empty_roles sshkit boot aliases run_directory readiness_delay traefik healthcheck"),
  ...{ service: text, image: text, registry: maybe(z.looseObject({ server: text.optional() })) },
  servers: z.preprocess(
    (value) => (Array.isArray(value) ? { web: value } : value),
    maybe(z.record(text, role)),
  ),
  ...{ env: env({ tags: maybe(z.record(text, env())) }), volumes: z.array(text), asset_path: text },
  ...{ hooks_path: text, secrets_path: text, error_pages_path: text, primary_role: text },
  ...{ deploy_timeout: number, drain_timeout: number, stop_timeout: number },
  ssh: maybe(z.looseObject({ user: text.optional(), port: number.optional() })),
  ...{ builder: maybe(builder), proxy, accessories: maybe(z.record(text, accessory)) },
});

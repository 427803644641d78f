// Changes made by hand on the Docker host, beside containers that go on running.
import { docker } from "./docker.ts";
import { dockerOk } from "./docker-cli.ts";
import { type HandMade, type Site, toolsOf } from "./hand-made.ts";

/** Strangers, and what Docker lets people change in a container that runs. */
export function hostChanges(site: Site, app: string): HandMade[] {
  const { at, run, remove, label, foreign, person, data, safe } = toolsOf(site);
  /** The image that the tag named before. */
  let tagged = "";
  return [
    person(
      "a stranger in the environment's network",
      `container ${foreign}-a`,
      /stands in the network/,
      () => run(`${foreign}-a`, "--network", at("network")),
      () => remove(`${foreign}-a`),
    ),
    person(
      "a container with its labels",
      `container ${foreign}-b`,
      /carries its labels/,
      () => run(`${foreign}-b`, ...label),
      () => remove(`${foreign}-b`),
    ),
    person(
      "a container with a name of its kind",
      `container ${at("cron")}`,
      /name of its kind/,
      () => run(at("cron")),
      () => remove(at("cron")),
    ),
    data(
      "a container on its volume",
      `container ${foreign}-d`,
      /mounts the volume/,
      () => run(`${foreign}-d`, "-v", `${at("redisdata")}:/data`),
      () => remove(`${foreign}-d`),
    ),
    person(
      "a network with its labels",
      `network ${foreign}-e`,
      /carries its labels/,
      () => dockerOk(["network", "create", ...label, `${foreign}-e`]),
      () => dockerOk(["network", "rm", `${foreign}-e`]),
    ),
    person(
      "a network with a name of its kind",
      `network ${at("debug")}`,
      /name of its kind/,
      () => dockerOk(["network", "create", at("debug")]),
      () => dockerOk(["network", "rm", at("debug")]),
    ),
    data(
      "a volume with its labels",
      `volume ${foreign}-f`,
      /carries its labels/,
      () => dockerOk(["volume", "create", ...label, `${foreign}-f`]),
      () => dockerOk(["volume", "rm", `${foreign}-f`]),
    ),
    data(
      "a volume with a name of its kind",
      `volume ${at("uploads")}`,
      /name of its kind/,
      () => dockerOk(["volume", "create", at("uploads")]),
      () => dockerOk(["volume", "rm", at("uploads")]),
    ),
    person(
      "its app joined to another network",
      `container ${app}`,
      /joined to the network bridge/,
      () => dockerOk(["network", "connect", "bridge", app]),
      () => dockerOk(["network", "disconnect", "bridge", app]),
    ),
    person(
      "swap for Redis",
      `container ${at("redis")}`,
      /may swap/,
      () => dockerOk(["update", "--memory", "256m", "--memory-swap", "512m", at("redis")]),
      () => dockerOk(["update", "--memory-swap", "256m", at("redis")]),
    ),
    person(
      "no restart of the gateway",
      `container ${at("gateway")}`,
      /starts anew no/,
      () => dockerOk(["update", "--restart", "no", at("gateway")]),
      () => dockerOk(["update", "--restart", "always", at("gateway")]),
    ),
    safe("more processes for Postgres", `container ${at("postgres")}`, /pids/, () =>
      dockerOk(["update", "--pids-limit", "999", at("postgres")]),
    ),
    person(
      "another content under the image's tag",
      `image ${site.image}`,
      /another content/,
      async () => {
        tagged = (await docker.getImage(site.image).inspect()).Id;
        const other = "FROM tandem-example:0.1.0\nLABEL test.revision=two\n";
        await dockerOk(["build", "-q", "-t", site.image, "-"], other);
      },
      // Built anew it could be another one: the builder's cache may be gone, its base another one by now.
      () => dockerOk(["tag", tagged, site.image]),
    ),
  ];
}

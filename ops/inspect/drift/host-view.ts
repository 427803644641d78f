// What stands on the Docker host and isn't as the state has it, where the engine's refresh doesn't look: what is in no state and
// in the environment's network, names, labels or volumes, and what was done to its own containers while they run.

import type Docker from "dockerode";
import { SHARED_STACK } from "../../../infra/settings/define.ts";
import type { Gravity } from "../../../lib/resource-types.ts";
import { inspect } from "../../../provider/docker/containers.ts";
import { removalOf } from "../../deploy/removal.ts";
import { containerName, leadsOf, servingOf } from "../../deploy/serving.ts";
import { oneOffOf } from "../../engine/containers/one-off-labels.ts";
import { labelFilter } from "../../engine/docker-client.ts";
import { output, type Place } from "../../engine/place.ts";
import type { Finding } from "./finding.ts";
import { leftOneOff } from "./one-offs.ts";

/** Everything that the host has. */
interface Host {
  containers: Docker.ContainerInfo[];
  networks: Docker.NetworkInspectInfo[];
  volumes: Docker.VolumeInspectInfo[];
}

async function readHost(docker: Docker): Promise<Host> {
  const [containers, networks, { Volumes }] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listNetworks(),
    docker.listVolumes(),
  ]);
  return { containers, networks, volumes: Volumes ?? [] };
}

type Labels = Readonly<Record<string, string>> | null | undefined;

function carries(labels: Labels, { system, environment }: Place): boolean {
  const wanted = (JSON.parse(labelFilter(system, environment)) as { label: string[] }).label;
  return wanted.every((pair) => {
    const at = pair.indexOf("=");
    return labels?.[pair.slice(0, at)] === pair.slice(at + 1);
  });
}

/** Why something that is in no state counts as the environment's; undefined if it doesn't. */
function claim(name: string, labels: Labels, place: Place): string | undefined {
  if (carries(labels, place)) return "carries its labels";
  return place.prefixes.some((prefix) => name.startsWith(prefix)) ? "has a name of its kind" : undefined;
}

/** Networks that the stack `shared` made for an environment: its containers belong there, and its own look judges them. */
function isGuest(network: string, labels: Labels, { system, environment }: Place): boolean {
  if (environment !== SHARED_STACK || labels?.["tandem.system"] !== system) return false;
  return network === `${system}_${SHARED_STACK}_${labels["tandem.environment"]}`;
}

/** What the engine has still to delete, or a route leads to: known for what it is, and never offered for removal. */
function knownUnmanaged(
  info: Docker.ContainerInfo,
  serving: ReadonlyMap<string, string>,
  { leaving, command }: Place,
): Pick<Finding, "text" | "fix"> | undefined {
  const by = serving.get(containerName(info));
  if (leaving.has(info.Id)) {
    const state = by === undefined ? "is the version before" : `serves (${by})`;
    return {
      text: `${state}: a deploy did not come to its end`,
      fix: `leave it; the next \`${command("up")}\` settles it`,
    };
  }
  if (by === undefined) return undefined;
  return {
    text: `serves (${by}) and is not in the state`,
    fix: `leave it while it serves; find out which state knows it, and look at \`${command("preview")}\``,
  };
}

function strangeContainers(
  { containers }: Host,
  serving: ReadonlyMap<string, string>,
  place: Place,
): Finding[] {
  const known = new Set(place.of("container").map(({ id }) => id));
  const networks = new Set(place.of("network").map((network) => output(network, "name")));
  const volumes = new Set(place.of("volume").map((volume) => output(volume, "name")));
  return containers
    .filter(({ Id }) => !known.has(Id))
    .flatMap((info): Finding[] => {
      const { Labels, Mounts, NetworkSettings } = info;
      const name = containerName(info);
      const oneOff = oneOffOf(Labels);
      if (oneOff?.system === place.system) return leftOneOff(name, oneOff, place);
      const subject = `container ${name}`;
      const mounted = Mounts.flatMap(({ Name }) => (Name !== undefined && volumes.has(Name) ? [Name] : []));
      const joined = Object.keys(NetworkSettings.Networks).filter(
        (network) => networks.has(network) && !isGuest(network, Labels, place),
      );
      const why = claim(name, Labels, place);
      if (mounted.length === 0 && joined.length === 0 && why === undefined) return [];
      const about = knownUnmanaged(info, serving, place);
      if (about !== undefined && (place.leaving.has(info.Id) || mounted.length === 0)) {
        return [{ subject, gravity: "person", ...about }];
      }
      const find = (text: string, gravity: Gravity, fix: string): Finding => {
        return { subject, text, gravity, fix: about?.fix ?? fix };
      };
      // Of what runs, a log tells more than a guess: what serves may need it.
      const removal = removalOf(info, serving) ?? `docker logs --tail 50 ${name}`;
      return [
        ...mounted.map((volume) => ({
          ...find(
            `mounts the volume ${volume} and is not of this stack`,
            "data",
            `stop it before it writes: docker stop ${name}`,
          ),
          volume,
        })),
        ...joined.map((network) =>
          find(
            `stands in the network ${network} and is not of this stack`,
            "person",
            `find out whose it is; docker network disconnect ${network} ${name}`,
          ),
        ),
        ...(why === undefined
          ? []
          : [find(`${why} and is not in the state`, "person", `find out whose it is; ${removal}`)]),
      ];
    });
}

function strangeNetworks({ networks }: Host, place: Place): Finding[] {
  const known = new Set(place.of("network").map(({ id }) => id));
  return networks.flatMap(({ Id, Name, Labels }): Finding[] => {
    // The network on which an environment meets the shared stack is the latter's.
    const isKnown = known.has(Id) || place.leaving.has(Id) || Name.startsWith(`${place.system}_shared_`);
    const why = isKnown ? undefined : claim(Name, Labels, place);
    if (why === undefined) return [];
    const fix = `docker network rm ${Name}`;
    return [{ subject: `network ${Name}`, text: `${why} and is not in the state`, gravity: "person", fix }];
  });
}

function strangeVolumes({ volumes }: Host, place: Place): Finding[] {
  const known = new Set(place.of("volume").map((volume) => output(volume, "name")));
  return volumes.flatMap(({ Name, Labels }): Finding[] => {
    const why = known.has(Name) || place.leaving.has(Name) ? undefined : claim(Name, Labels, place);
    if (why === undefined) return [];
    const fix = `look at what it holds before you remove it: docker volume rm ${Name}`;
    return [{ subject: `volume ${Name}`, text: `${why} and is not in the state`, gravity: "data", fix }];
  });
}

/** Networks of a container as its resource asks for them. */
function wantedNetworks(inputs: Readonly<Record<string, unknown>> | undefined): string[] {
  const joined = Array.isArray(inputs?.networksAdvanced)
    ? (inputs.networksAdvanced as { name?: unknown }[])
    : [];
  return joined.flatMap(({ name }) => (typeof name === "string" ? [name] : []));
}

function ownDetails(
  facts: Docker.ContainerInspectInfo,
  inputs: Readonly<Record<string, unknown>> | undefined,
  { command }: Place,
): Finding[] {
  const name = facts.Name.replace(/^\//, "");
  const subject = `container ${name}`;
  const wanted = wantedNetworks(inputs);
  const joined = Object.keys(facts.NetworkSettings.Networks);
  const find = (text: string, fix: string): Finding => ({ subject, text, gravity: "person", fix });
  const { Memory, MemorySwap, RestartPolicy } = facts.HostConfig;
  // As the provider stops a new version that failed: to give it its policy again would bring it back with the daemon.
  if (!facts.State.Running && RestartPolicy?.Name === "no" && inputs?.restart !== "no") {
    return [
      find("was stopped because it failed when it was deployed", `the next \`${command("up")}\` settles it`),
    ];
  }
  return [
    ...(facts.State.Paused ? [find("is paused", `docker unpause ${name}`)] : []),
    ...(facts.State.Running && facts.State.Health?.Status === "unhealthy"
      ? [find("runs and is not healthy", `look at its log: docker logs --tail 50 ${name}`)]
      : []),
    ...joined
      .filter((network) => !wanted.includes(network))
      .map((network) =>
        find(`was joined to the network ${network}`, `docker network disconnect ${network} ${name}`),
      ),
    ...wanted
      .filter((network) => !joined.includes(network))
      .map((network) =>
        find(`was cut off from the network ${network}`, `docker network connect ${network} ${name}`),
      ),
    ...(Number(MemorySwap) !== Number(Memory)
      ? [find("may swap", `docker update --memory-swap ${Memory} ${name}`)]
      : []),
    ...(typeof inputs?.restart === "string" && RestartPolicy?.Name !== inputs.restart
      ? [
          find(
            `starts anew ${RestartPolicy?.Name || "never"}`,
            `docker update --restart ${inputs.restart} ${name}`,
          ),
        ]
      : []),
  ];
}

async function movedTags(docker: Docker, place: Place): Promise<Finding[]> {
  const images = place.of("image");
  const findings = await Promise.all(
    images.map(async (image): Promise<Finding[]> => {
      const [reference, expected] = [output(image, "reference"), output(image, "imageId")];
      const facts = await docker
        .getImage(reference)
        .inspect()
        .catch((error: { statusCode?: number }) => {
          if (error.statusCode === 404) return undefined;
          throw error;
        });
      if (facts?.Id === expected) return [];
      const text =
        facts === undefined ? "is not on the host any more" : "names another content than what runs";
      const fix = `look at \`${place.command("preview")}\`: the next \`up\` deploys what the tag names now; pin it by digest`;
      return [{ subject: `image ${reference}`, text, gravity: "person", fix }];
    }),
  );
  return findings.flat();
}

/** Looks at a stack's host. */
export async function hostFindings(docker: Docker, place: Place): Promise<Finding[]> {
  const host = await readHost(docker);
  const serving = servingOf(await leadsOf(docker, host.containers), host.containers);
  const details = await Promise.all(
    place.of("container").map(async ({ id, inputs }) => {
      const facts = id === undefined ? undefined : await inspect(docker, id);
      return facts === undefined ? [] : ownDetails(facts, inputs, place);
    }),
  );
  return [
    ...strangeContainers(host, serving, place),
    ...strangeNetworks(host, place),
    ...strangeVolumes(host, place),
    ...details.flat(),
    ...(await movedTags(docker, place)),
  ];
}

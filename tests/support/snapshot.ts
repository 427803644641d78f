// What an environment is made of, for comparison before and after something that must not touch it.
import { docker } from "./docker.ts";

/** Containers, networks and volumes of an environment by name: what would change if anything had touched them. */
export async function snapshot(system: string, environment: string): Promise<Record<string, string>> {
  const filters = JSON.stringify({
    label: [`tandem.system=${system}`, `tandem.environment=${environment}`],
  });
  const facts: Record<string, string> = {};
  for (const { Id } of await docker.listContainers({ all: true, filters })) {
    const { Name, State, RestartCount, Image } = await docker.getContainer(Id).inspect();
    facts[`container ${Name}`] = [Id, Image, State.Status, State.StartedAt, RestartCount].join(" ");
  }
  for (const { Id, Name, Created } of await docker.listNetworks({ filters })) {
    facts[`network ${Name}`] = `${Id} ${Created}`;
  }
  const { Volumes } = await docker.listVolumes({ filters });
  for (const { Name } of Volumes ?? []) {
    const { CreatedAt } = (await docker.getVolume(Name).inspect()) as { CreatedAt?: string };
    facts[`volume ${Name}`] = CreatedAt ?? "";
  }
  return facts;
}

/** The one container of a component; its newest, if there are several. */
export async function containerOf(system: string, environment: string, component: string): Promise<string> {
  const label = [
    `tandem.system=${system}`,
    `tandem.environment=${environment}`,
    `tandem.component=${component}`,
  ];
  const [container] = await docker.listContainers({ filters: JSON.stringify({ label }) });
  if (container === undefined)
    throw new Error(`no running container ${component} in ${system} ${environment}`);
  return container.Id;
}

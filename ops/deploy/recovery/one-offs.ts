// One-off containers of `tandem run` and its kin that stand in the way of a change, or that nobody's command is joined to.
import type Docker from "dockerode";
import { removeOneOffs } from "../../engine/containers/one-off.ts";
import { oneOffFilter, oneOffsIn } from "../../engine/containers/one-off-labels.ts";
import { withDocker } from "../../engine/docker-client.ts";
import { dockerHostOf, type Session } from "../../engine/session.ts";

/** Removes those whose command was killed; one that runs goes on. */
export async function removeLeftOneOffs(
  docker: Docker,
  { project, stack }: Session,
  containers: readonly Docker.ContainerInfo[],
  say: (line: string) => void,
): Promise<void> {
  const left = oneOffsIn(containers, project.name, stack).filter(({ oneOff }) => oneOff.isLeft);
  for (const name of await removeOneOffs(docker, left)) say(`${name}: its command was killed; it is removed`);
}

/** Removes all of them: an environment that goes down takes its networks and servers from under them. */
export async function endOneOffs(session: Session, say: (line: string) => void): Promise<void> {
  const { project, stack, file } = session;
  await withDocker(dockerHostOf(project, file), async (docker) => {
    const filters = oneOffFilter(project.name, stack);
    const containers = await docker.listContainers({ all: true, filters });
    const all = oneOffsIn(containers, project.name, stack);
    for (const name of await removeOneOffs(docker, all)) say(`${name} is ended, since ${stack} goes down`);
  });
}

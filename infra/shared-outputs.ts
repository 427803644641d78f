// What the stack `shared` of a project hands out to its environments: names, ports and networks, never a secret.
import * as pulumi from "@pulumi/pulumi";
import { launcher } from "../lib/launcher.ts";
import { SHARED_STACK } from "./settings/define.ts";

/**
 * The outputs of the project's stack `shared`, as plain values: they are known at each preview, and a provider that is
 * configured with them is too.
 *
 * @throws pulumi.RunError if that stack isn't up, or hands out a secret.
 */
export async function sharedOutputs(): Promise<Record<string, unknown>> {
  const project = pulumi.getProject();
  const organization = pulumi.getOrganization();
  const reference = new pulumi.StackReference(SHARED_STACK, {
    name: `${organization}/${project}/${SHARED_STACK}`,
  });
  const [outputs, secretNames] = await Promise.all([
    value(reference.outputs),
    value(reference.secretOutputNames),
  ]);
  if (secretNames.length > 0) {
    throw new pulumi.RunError(
      `The stack ${SHARED_STACK} of ${project} hands out secrets (${secretNames.join(", ")}); each environment makes ` +
        "logins of its own, so only names and ports may leave it. Take them out of the shared topology's outputs.",
    );
  }
  if (Object.keys(outputs).length === 0) {
    throw new pulumi.RunError(
      `The stack ${SHARED_STACK} of ${project} is not up, and ${pulumi.getStack()} uses its servers. ` +
        `To do: ${launcher()} up ${SHARED_STACK}`,
    );
  }
  return outputs;
}

function value<T>(output: pulumi.Output<T>): Promise<T> {
  return new Promise((resolve) => output.apply(resolve));
}

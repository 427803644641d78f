// What Docker can't take of a migration's inputs, for the provider that runs it and for the policies.
import { containerProblems } from "./container.ts";
import { type ArgumentProblem, Problems, requiredCommand } from "./problems.ts";
import { path, seconds } from "./values.ts";
import type { TemporaryFolder } from "./writable.ts";

/** What a migration's container needs besides what is hardened by default; each as the component's argument of that name. */
export interface MigrationOptions {
  entrypoint?: string[];
  workingDir?: string;
  capabilities?: string[];
  groups?: string[];
  writableRoot?: boolean;
  temporary?: Record<string, TemporaryFolder>;
  shmMb?: number;
  sysctls?: Record<string, string>;
  extraHosts?: Record<string, string>;
}

/** Everything that is wrong with the inputs of `tandem:docker:Migration`. */
export function migrationProblems(inputs: Readonly<Record<string, unknown>>): ArgumentProblem[] {
  const problems = new Problems();
  requiredCommand(problems, "command", inputs.command);
  problems.optional("timeoutSeconds", inputs.timeoutSeconds, seconds());
  for (const file of Object.keys(typeof inputs.files === "object" ? (inputs.files ?? {}) : {})) {
    problems.required("files", file, path);
  }
  const networks = Array.isArray(inputs.networks) ? inputs.networks : [];
  const options =
    typeof inputs.options === "object" && inputs.options !== null
      ? (inputs.options as Readonly<Record<string, unknown>>)
      : undefined;
  // Of a limit that is none the policies speak.
  const [cpus, memoryMb, pids] = [inputs.cpus, inputs.memoryMb, inputs.pids].map((limit) =>
    typeof limit === "number" && limit <= 0 ? undefined : limit,
  );
  const found = containerProblems({
    name: inputs.containerName,
    image: inputs.imageId,
    user: inputs.user,
    environment: inputs.environment,
    labels: inputs.labels,
    networks: [...(inputs.network === undefined ? [] : [inputs.network]), ...networks],
    limits: { cpus, memoryMb, pids },
    ...(options === undefined ? {} : { entrypoint: options.entrypoint, shmMb: options.shmMb, options }),
  });
  const plain = found.map(({ argument, reason }) => ({
    argument: argument.replace(/^limits\./, ""),
    reason,
  }));
  return [...problems.found, ...plain];
}

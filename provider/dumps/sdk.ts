// The program's side of dumps.
import * as pulumi from "@pulumi/pulumi";

export interface DumpArgs {
  /** The service, for messages. */
  service: pulumi.Input<string>;
  /** Labels by which its containers are found. */
  labels: Record<string, string>;
  /** The image that it is to run: another one than it runs is dumped before. */
  imageId: pulumi.Input<string>;
  /** Command in its container that writes a dump to the standard output. */
  command: readonly string[];
  /** Command in its container that reads one from the standard input; for `tandem rollback --service`. */
  restore: readonly string[];
  /** Volume of the restore points. */
  volume: pulumi.Input<string>;
  /** Number of restore points that are kept. */
  keep: number;
}

/** Dumps a service before it gets another image; a container that depends on it is replaced after that only. */
export class Dump extends pulumi.CustomResource {
  constructor(name: string, args: DumpArgs, opts?: pulumi.CustomResourceOptions) {
    super("tandem:data:Dump", name, { ...args, point: undefined }, opts);
  }
}

// The interface between the gRPC plumbing and a provider: what a provider implements, and what it is handed.
import type { Properties } from "./values.ts";

/** One thing that is wrong with the inputs. An empty `property` means the resource as a whole. */
export interface CheckFailure {
  readonly property: string;
  /** What is wrong and what would be right. Must not quote a secret. */
  readonly reason: string;
}

/** Result of `check`: the inputs to go on with (defaults filled in) and everything wrong with them. */
export interface CheckResult {
  readonly inputs: Properties;
  readonly failures: readonly CheckFailure[];
}

/** What `check` is asked: the program's inputs, and the inputs in the state if there are any. */
export interface CheckRequest {
  readonly news: Properties;
  readonly olds: Properties;
  /** Random bytes that are the same in a preview and the update that follows; may be empty. */
  readonly randomSeed: Uint8Array;
}

/** How one property changes; the forms ending in `-replace` ask for a new resource. */
export type PropertyChange =
  | "add"
  | "add-replace"
  | "delete"
  | "delete-replace"
  | "update"
  | "update-replace";

/** Result of `diff`. No entry in `changes` means that nothing is to be done. */
export interface DiffResult {
  /** Property path (`name`, `tags["x"]`, `items[0]`) to the kind of its change. */
  readonly changes: Readonly<Record<string, PropertyChange>>;
  /** Whether the old resource has to go before the new one is made. @default false */
  readonly deleteBeforeReplace?: boolean;
  /** Outputs that an update is sure not to change, so that previews can show them. */
  readonly stables?: readonly string[];
}

/** What every call of a handler is handed besides its own request. */
export interface CallContext<Client> {
  /** What `configure` returned. */
  readonly client: Client;
  /** URN of the resource; empty for functions. */
  readonly urn: string;
  /** Logical name of the resource; empty for functions. */
  readonly name: string;
  /** Type token of the resource or token of the function. */
  readonly type: string;
  /** Fires when the user interrupts, or when the time that `customTimeouts` allows is over. */
  readonly signal: AbortSignal;
  /** Time that the user allows for the operation; 0 when there is no limit. In seconds. */
  readonly timeoutSeconds: number;
  /** A text without the secrets that this call was given, for what is kept outside the state; `log` and errors do it themselves. */
  clean(text: string): string;
  /** Writes a line to the user, tied to this resource. */
  log(severity: "debug" | "info" | "warning" | "error", message: string): void;
  /** Shows a passing status beside the resource, such as "waiting for the server"; it is not kept. */
  status(message: string): void;
}

/** Serves one resource type. Values never carry secret marks: the plumbing takes them off and puts them back. */
export interface ResourceHandler<Client = unknown> {
  /**
   * Outputs that are always secret. Besides them, an output is marked as secret when the input, or in a read or
   * update the former output, of the same name was.
   */
  readonly secretOutputs?: readonly string[];
  /** Validates and completes the inputs; may see unknowns. @default inputs are taken as they are */
  check?(request: CheckRequest, ctx: CallContext<Client>): Promise<CheckResult> | CheckResult;
  /** Compares the outputs in the state (`olds`) with checked inputs (`news`); may see unknowns. */
  diff(
    request: { id: string; olds: Properties; oldInputs: Properties; news: Properties },
    ctx: CallContext<Client>,
  ): Promise<DiffResult> | DiffResult;
  /** Outputs as far as they are known before the deed; `olds` is absent for a create. @default the inputs */
  preview?(
    request: { inputs: Properties; olds?: Properties; id?: string },
    ctx: CallContext<Client>,
  ): Promise<Properties> | Properties;
  /** Makes the resource. Throw `ResourceInitError` when it exists but is not complete. */
  create(
    request: { inputs: Properties },
    ctx: CallContext<Client>,
  ): Promise<{ id: string; outputs: Properties }> | { id: string; outputs: Properties };
  /**
   * Reads the resource as it is now; `undefined` when it is gone. For an import, `outputs` and `inputs` are empty.
   * Returned `inputs` replace those in the state.
   */
  read?(
    request: { id: string; outputs: Properties; inputs: Properties },
    ctx: CallContext<Client>,
  ): Promise<ReadResult | undefined> | ReadResult | undefined;
  /** Changes the resource in place and returns its outputs. @default an update is an error */
  update?(
    request: { id: string; olds: Properties; oldInputs: Properties; inputs: Properties },
    ctx: CallContext<Client>,
  ): Promise<Properties> | Properties;
  /** Removes the resource; one that is gone already is no error. */
  delete(
    request: { id: string; outputs: Properties; inputs: Properties },
    ctx: CallContext<Client>,
  ): Promise<void> | void;
}

/** What `read` found. */
export interface ReadResult {
  readonly id: string;
  readonly outputs: Properties;
  readonly inputs?: Properties;
}

/** Serves one function (`invoke`); may see unknowns in previews. */
export type FunctionHandler<Client = unknown> = (
  args: Properties,
  ctx: CallContext<Client>,
) => Promise<Properties> | Properties;

/** A whole provider. */
export interface ProviderDefinition<Client = unknown> {
  /** Package name, such as `random`. */
  readonly name: string;
  /** Version that the plugin reports. */
  readonly version: string;
  /** Resource handlers by type token, such as `random:index/randomPassword:RandomPassword`. */
  readonly resources: Readonly<Record<string, ResourceHandler<Client>>>;
  /** Function handlers by token. */
  readonly functions?: Readonly<Record<string, FunctionHandler<Client>>>;
  /** Names in the answers of functions that are always secret, by token. */
  readonly secretResults?: Readonly<Record<string, readonly string[]>>;
  /** Package schema as JSON, which `pulumi import` uses to write code. @default "{}" */
  readonly schema?: () => string;
  /** Validates the provider's own settings; may see unknowns. @default everything is accepted */
  checkConfig?(settings: Properties): readonly CheckFailure[];
  /** Takes the settings (non-strings arrive as JSON text) and returns the client handed to every call. */
  configure(settings: Properties): Promise<Client> | Client;
  /** Says why a type token is not served. @default a sentence naming the token and the package */
  refusal?(token: string): string;
  /** Lets go of connections when the process ends. */
  close?(client: Client): Promise<void> | void;
}

// Turns what a handler throws into what the engine understands, without letting a secret out.
import grpc from "@grpc/grpc-js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import { encode, type Properties } from "./values.ts";

/**
 * The resource exists but is not as it should be. The engine keeps it in its state under `id` with `outputs`,
 * and tries to fix it at the next update instead of forgetting it.
 */
export class ResourceInitError extends Error {
  readonly id: string;
  readonly outputs: Properties;
  readonly reasons: readonly string[];

  constructor(id: string, outputs: Properties, reasons: readonly string[]) {
    super(reasons.join("; "));
    this.name = "ResourceInitError";
    this.id = id;
    this.outputs = outputs;
    this.reasons = reasons;
  }
}

/** The engine asked for something that this provider does not serve. */
export class NotServedError extends Error {
  override readonly name = "NotServedError";
}

/** Error in the form that a gRPC call answers with. */
export interface WireError {
  readonly code: grpc.status;
  readonly details: string;
  readonly metadata?: grpc.Metadata;
}

/**
 * Maps an error to a gRPC status. `hidden` holds secret texts: wherever one occurs it is blotted out, because
 * servers like to quote what they were sent. `secrets` are the outputs of a unfinished resource to be marked.
 */
export function toWireError(
  error: unknown,
  hidden: readonly string[],
  secrets: ReadonlySet<string>,
): WireError {
  const details = blot(error instanceof Error ? error.message : String(error), hidden);
  if (error instanceof NotServedError) return { code: grpc.status.UNIMPLEMENTED, details };
  if (!(error instanceof ResourceInitError)) return { code: grpc.status.UNKNOWN, details };

  const failure = new providerPb.ErrorResourceInitFailed();
  failure.setId(error.id);
  failure.setProperties(encode(error.outputs, secrets));
  failure.setReasonsList(error.reasons.map((reason) => blot(reason, hidden)));
  const any = new anyPb.Any();
  any.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusPb.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(details);
  status.addDetails(any);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details, metadata };
}

/** Replaces every occurrence of the hidden texts. Texts under four characters would blot out ordinary words. */
export function blot(text: string, hidden: readonly string[]): string {
  return hidden
    .filter((secret) => secret.length >= 4)
    .reduce((rest, secret) => rest.replaceAll(secret, "[secret]"), text);
}

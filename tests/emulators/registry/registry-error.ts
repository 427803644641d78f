// What the emulated registry refuses with.

/** Codes of the OCI distribution specification that the emulator gives. */
export type RegistryCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "SIZE_INVALID"
  | "UNSUPPORTED";

/** A refusal, which the server writes as `{"errors": [{code, message, detail}]}`. */
export class RegistryError extends Error {
  readonly status: number;
  readonly code: RegistryCode;

  constructor(status: number, code: RegistryCode, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

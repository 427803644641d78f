// The version that the host reports: that of the SDK whose protocol it speaks.
import sdk from "@pulumi/pulumi/package.json" with { type: "json" };

/** Version of the SDK that this host was bundled with, without a leading `v`. */
export const hostVersion: string = sdk.version;

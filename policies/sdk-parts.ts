// What @pulumi/policy uses of @pulumi/pulumi. The pack's bundle takes this in its place (toolchain/bundle.ts): the whole
// SDK brings the TypeScript compiler and npm's Arborist, and 0.35 s of start-up.
import asset from "@pulumi/pulumi/asset/index.js";

export { Output } from "@pulumi/pulumi/output.js";
export { asset };

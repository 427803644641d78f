// The random provider: its resources, under the type tokens of the official plugin.
import sdk from "@pulumi/random/package.json" with { type: "json" };
import type { ProviderDefinition } from "../../../plugin/handler.ts";
import { packageSchema } from "../../../plugin/package-schema.ts";
import { bytes, id } from "./bytes.ts";
import { integer, order, pet } from "./choices.ts";
import { type Generator, generatedResource, generatedTable } from "./generated.ts";
import { password, text } from "./text.ts";
import { uuid, uuid4, uuid7 } from "./uuid.ts";

/** Everything that the provider makes, by type token. */
export const generators: Readonly<Record<string, Generator>> = {
  "random:index/randomBytes:RandomBytes": bytes,
  "random:index/randomId:RandomId": id,
  "random:index/randomInteger:RandomInteger": integer,
  "random:index/randomPassword:RandomPassword": password,
  "random:index/randomPet:RandomPet": pet,
  "random:index/randomShuffle:RandomShuffle": order,
  "random:index/randomString:RandomString": text,
  "random:index/randomUuid4:RandomUuid4": uuid4,
  "random:index/randomUuid7:RandomUuid7": uuid7,
  "random:index/randomUuid:RandomUuid": uuid,
};

/** Applies a function to every generator. */
function each<T>(make: (generator: Generator) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(generators).map(([token, generator]) => [token, make(generator)]));
}

/** The provider, with the version of the SDK whose resources it serves. */
export const randomProvider: ProviderDefinition<unknown> = {
  name: "random",
  version: sdk.version,
  resources: each(generatedResource),
  schema: () => packageSchema("random", sdk.version, each(generatedTable)),
  configure: () => ({}),
};

// The tandem provider: what the Docker provider can't express.
import type { ProviderDefinition } from "../lib/plugin/handler.ts";
import { aclUser } from "./acl-user.ts";
import { adminPassword } from "./admin-password.ts";
import { Hosts } from "./cloudflare-host.ts";
import { containerStart } from "./container-start.ts";
import { dataGuard } from "./data-guard.ts";
import { environmentAdmin } from "./environment-admin.ts";
import { extension } from "./extension.ts";
import { image } from "./image.ts";
import { ingressRule } from "./ingress-rule.ts";
import { keptSetAside, keptTakeBack } from "./kept-database.ts";
import { migration } from "./migration.ts";
import { redisKeys } from "./redis-keys.ts";
import { route } from "./route.ts";
import { sharedUse } from "./shared-use.ts";
import { volumeOwner } from "./volume-owner.ts";

/** The provider, with all that it serves. */
export const tandemProvider: ProviderDefinition<Hosts> = {
  name: "tandem",
  version: "0.1.0",
  resources: {
    "tandem:docker:Image": image,
    "tandem:docker:ContainerStart": containerStart,
    "tandem:docker:Migration": migration,
    "tandem:docker:SharedUse": sharedUse,
    "tandem:docker:VolumeOwner": volumeOwner,
    "tandem:gateway:Route": route,
    "tandem:cloudflare:IngressRule": ingressRule,
    "tandem:postgres:AdminPassword": adminPassword,
    "tandem:postgres:EnvironmentAdmin": environmentAdmin,
    "tandem:postgres:Extension": extension,
    "tandem:postgres:SetAside": keptSetAside,
    "tandem:postgres:TakeBack": keptTakeBack,
    "tandem:redis:AclUser": aclUser,
    "tandem:redis:Keys": redisKeys,
    "tandem:data:Guard": dataGuard,
  },
  configure: (settings) => new Hosts(settings),
  close: (host) => host.close(),
};

// The tandem provider: what the Docker provider can't express.
import type { ProviderDefinition } from "../plugin/handler.ts";
import { Hosts } from "./cloudflare/cloudflare-host.ts";
import { ingressRule } from "./cloudflare/ingress-rule.ts";
import { containerStart } from "./container-start.ts";
import { dataGuard } from "./data-guard.ts";
import { image } from "./docker/image.ts";
import { volumeOwner } from "./docker/volume-owner.ts";
import { dump } from "./dumps/dump.ts";
import { route } from "./gateway/route.ts";
import { adminPassword } from "./postgres/admin-password.ts";
import { environmentAdmin } from "./postgres/environment-admin.ts";
import { extension } from "./postgres/extension.ts";
import { keptSetAside, keptTakeBack } from "./postgres/kept-database.ts";
import { migration } from "./postgres/migration.ts";
import { aclUser } from "./redis/acl-user.ts";
import { redisKeys } from "./redis/redis-keys.ts";
import { takeOver } from "./release/take-over.ts";
import { sharedUse } from "./shared-use.ts";

/** The provider, with all that it serves. */
export const tandemProvider: ProviderDefinition<Hosts> = {
  name: "tandem",
  version: "0.1.0",
  resources: {
    "tandem:docker:Image": image,
    "tandem:docker:ContainerStart": containerStart,
    "tandem:docker:Migration": migration,
    "tandem:docker:SharedUse": sharedUse,
    "tandem:docker:TakeOver": takeOver,
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
    "tandem:data:Dump": dump,
  },
  configure: (settings) => new Hosts(settings),
  close: (host) => host.close(),
};

// Reads the files of one environment as `kamal -d <destination>` does: the destination's over config/deploy.yml, with its secrets.
import { relative, resolve } from "node:path";
import { unknownIn } from "../compose/interpolate.ts";
import { mapOf } from "../compose/load.ts";
import { wrongFile } from "../compose/problem.ts";
import { numberOf } from "../compose/quantities.ts";
import type { Project } from "../project.ts";
import { type Accessory, accessoriesOf } from "./accessories.ts";
import { withNames, withUrls, withWaits } from "./addresses.ts";
import { hostsOf, rolesOf } from "./hosts.ts";
import { tellOfKeys } from "./left.ts";
import { mergedOver, readKamalFile, type Tree } from "./read.ts";
import { servicesOfRoles } from "./roles.ts";
import { type KamalSecrets, secretsOf } from "./secrets.ts";
import { Telling } from "./telling.ts";

/** What to read. */
export interface KamalSource {
  /** Folder of the project: where `kamal` is called. */
  folder: string;
  /** `config/deploy.yml` and the destination's file over it; from the folder. */
  files: readonly string[];
  /** Environment that it becomes, for what is told. */
  stack: string;
  /** Gives a variable of the shell. */
  shell: (name: string) => string | undefined;
}

/** All that is known while a destination is read. */
export interface Reading {
  root: string;
  tree: Tree;
  roles: Record<string, Tree>;
  /** Name of the role that the proxy leads to. */
  primary: string;
  service: string;
  secrets: KamalSecrets;
  /** Why a variable has no value, by its name. */
  missing: Map<string, string>;
  tell: Telling;
  /** Last of the files, and the destination, as messages name them. */
  file: string;
  shown: string;
}

/** The destination that a file is of: `staging` of config/deploy.staging.yml. */
export function destinationOf(file: string): string | undefined {
  return /(?:^|[/\\])deploy\.([^/\\]+)\.ya?ml$/.exec(file)?.[1];
}

/**
 * Reads them.
 *
 * @throws UserError with file and line for what is none of Kamal's, and for what it needs and isn't there
 */
export function loadKamal({ folder, files, stack, shell }: KamalSource): Project & { secretFiles: string[] } {
  const root = resolve(folder);
  const read = files.map((file) => readKamalFile(root, resolve(root, file)));
  const tree = read.reduce<Tree>((all, one) => mergedOver(all, one.tree), {});
  const destination = files.map(destinationOf).findLast((name) => name !== undefined);
  const secrets = secretsOf({
    root,
    path: String(tree.secrets_path ?? ".kamal/secrets"),
    destination,
    shell,
  });
  const tell = new Telling();
  for (const line of read.flatMap(({ unread }) => unread)) tell.decide("all", line);
  const missing = new Map(read.flatMap((one) => [...one.missing]));
  const roles = rolesOf(tree);
  const primary = String(tree.primary_role ?? "web");
  const file = relative(root, resolve(root, files.at(-1) ?? ""));
  const service = String(tree.service ?? "");
  requireKeys(tree, roles, file);
  const shown = destination === undefined ? stack : `the destination ${destination}`;
  const reading = { root, tree, roles, primary, service, secrets, missing, tell, file, shown };
  tellOfKeys(reading);
  const accessories = accessoriesOf(reading);
  const apps = servicesOfRoles(reading).map((one) =>
    withWaits(withUrls(withNames(one, accessories), accessories, tell), accessories),
  );
  const others = accessories.map(({ service: one }) => withNames(one, accessories));
  tellOfShell(secrets, stack, tell);
  const isKnown = service !== "" && unknownIn(service).length === 0;
  return {
    ...(isKnown ? { name: service } : {}),
    services: [...apps, ...others],
    secrets: {},
    missingEnvFiles: [],
    withoutProfile: [],
    variables: new Map(),
    defaults: [],
    missing: new Map([...missing, ...secrets.missing]),
    told: tell.all,
    together: apps.map(({ name }) => name),
    machines: machinesOf(tree, roles, accessories),
    secretFiles: secrets.files,
  };
}

function requireKeys(tree: Tree, roles: Record<string, Tree>, file: string): void {
  if (tree.service === undefined || tree.service === null)
    throw wrongFile(file, undefined, "and the files before it name no service, which Kamal needs");
  if (Object.keys(roles).length === 0 && Object.keys(mapOf(tree.accessories)).length === 0)
    throw wrongFile(file, undefined, "and the files before it name no servers and no accessories");
}

function machinesOf(tree: Tree, roles: Record<string, Tree>, accessories: readonly Accessory[]) {
  const ssh = mapOf(tree.ssh);
  return {
    roles: Object.fromEntries(Object.entries(roles).map(([name, role]) => [name, hostsOf(role)])),
    accessories: Object.fromEntries(accessories.map(({ service, hosts }) => [service.name, hosts])),
    user: String(ssh.user ?? "root"),
    port: numberOf(ssh.port) ?? 22,
  };
}

function tellOfShell({ fromShell }: KamalSecrets, stack: string, tell: Telling): void {
  for (const [name, variable] of fromShell) {
    tell.decide(
      "all",
      `${name} of ${stack} has the value of this shell's variable ${variable}: see that it is ${stack}'s`,
    );
  }
}

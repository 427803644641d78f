// Where the image of a service comes from: a folder that is built, or a setting of each environment.
import { relative, sep } from "node:path";
import { IMAGE_REFERENCE } from "../../lib/docker/values.ts";
import type { Commands } from "./commands.ts";
import { shownUnknown, unknownIn } from "./compose/interpolate.ts";
import { shownName } from "./compose/problem.ts";
import { isLikelySecret } from "./likely-secret.ts";
import { beside, literal } from "./literal.ts";
import type { Notes } from "./notes.ts";
import { type PairedService, type PerStack, STACKS } from "./pair.ts";
import type { SecretValues } from "./secret-values.ts";
import type { SettingPlan } from "./settings-plan.ts";

/** The image of an application. */
export interface ImagePlan {
  /** TypeScript of the argument. */
  code: string;
  setting?: SettingPlan;
  /** The setting belongs to the application's own releases. */
  released: boolean;
}

/** @param system name of the system @param target folder that the topology lies in */
export function imageOf(
  service: PairedService,
  system: string,
  target: string,
  secrets: SecretValues,
  notes: Notes,
  commands: Commands,
): ImagePlan {
  if (service.main.build === undefined) return fromSetting(service, notes, commands);
  return { code: built(service, system, target, secrets, notes), released: false };
}

function built(
  { main, role }: PairedService,
  system: string,
  target: string,
  secrets: SecretValues,
  notes: Notes,
): string {
  const { context = ".", dockerfile, target: stage, args = {} } = main.build ?? {};
  const text = (path: string) => JSON.stringify(path.split(sep).join("/"));
  if (/^(https?|git|ssh):|^git@/.test(context) || unknownIn(context).length > 0) {
    notes.decide(
      role,
      "it is built from what is no folder of this repository: name an image that somebody builds",
      'image: "registry.example.com/app:1.0.0"',
    );
    return JSON.stringify("registry.example.com/app:1.0.0");
  }
  const plain = Object.entries(args).filter(([name, value]) => {
    const secret = isLikelySecret(name, value) || secrets.isIn(value);
    if (unknownIn(value).length === 0 && !secret) return true;
    notes.decide(
      role,
      `the build argument ${shownName(name)} is not taken: ${secret || isLikelySecret(name, "x") ? "it stays in the image's history, and looks like a secret" : "no file gives it a value"}`,
    );
    return false;
  });
  notes.decide(
    role,
    "it is built on the Docker host from this repository. Built once elsewhere, production gets the very image that staging ran",
    'image: "registry.example.com/app:1.0.0"',
  );
  tellOfTheRest(main.build?.rest ?? [], role, notes);
  const parts = [
    `context: ${beside((relative(target, context) || ".").split(sep).join("/"))}`,
    `tag: ${JSON.stringify(`${system}-${role}:dev`)}`,
    ...(dockerfile === undefined || unknownIn(dockerfile).length > 0
      ? []
      : [`dockerfile: ${text(dockerfile)}`]),
    ...(stage === undefined || unknownIn(stage).length > 0 ? [] : [`target: ${text(stage)}`]),
    ...(plain.length === 0 ? [] : [`args: ${literal(Object.fromEntries(plain))}`]),
  ];
  return `{ ${parts.join(", ")} }`;
}

/** What decides what is in the image, and can't be said of a build here. */
const NEEDED = {
  dockerfile_inline: "write it into a file, which `dockerfile` of the image then names",
  additional_contexts: "copy what they hold into the context",
  secrets: "build the image elsewhere, with its secrets, and name it",
  ssh: "build the image elsewhere, with the keys, and name it",
};

function tellOfTheRest(keys: readonly string[], role: string, notes: Notes): void {
  for (const key of keys) {
    const needed = Object.entries(NEEDED).find(([name]) => name === key)?.[1];
    const name = notes.origin.keyName(`build.${key}`);
    if (needed === undefined) notes.left(role, `${name}: builds run with Docker's defaults`);
    else notes.decide(role, `${name} is not taken: ${needed}`);
  }
}

function fromSetting({ by, role, variable }: PairedService, notes: Notes, commands: Commands): ImagePlan {
  const key = `${variable}Image`;
  const images: PerStack<string> = {};
  for (const stack of STACKS) {
    const image = by[stack]?.image;
    if (image !== undefined && by[stack]?.build === undefined && IMAGE_REFERENCE.test(image))
      images[stack] = image;
    else if (by[stack] !== undefined) {
      const missing = image === undefined ? "none" : shownUnknown(image);
      notes.decide(
        role,
        `its image in ${stack} (${missing}) names no version that is known here`,
        commands.set(stack, [key], "registry.example.com/app:1.0.0"),
      );
    }
  }
  const [image] = Object.values(images);
  for (const stack of STACKS) {
    const own = images[stack];
    if (own !== undefined && !isPinned(own)) {
      notes.decide(
        role,
        `its image in ${stack}, ${own}, is whatever is newest: the check refuses it until it names a version`,
        commands.set(stack, [key], `${own.replace(/:latest$/, "")}:1.0.0`),
      );
    }
  }
  // The setting has a value in both, also where only one runs the service.
  for (const stack of STACKS) if (by[stack] === undefined && image !== undefined) images[stack] = image;
  const everywhere = STACKS.every((stack) => by[stack] === undefined || images[stack] === image);
  // What somebody else publishes is the same everywhere; an application's own image moves from staging to production.
  const isDefault = image !== undefined && everywhere && isPinned(image) && !hasRegistry(image);
  return {
    code: `settings.${key}`,
    released: !isDefault,
    setting: {
      key,
      code: `setting(imageReference(), { description: ${JSON.stringify(`Image of ${role}, with its tag or digest.`)}${isDefault ? `, default: ${JSON.stringify(image)}` : ""} })`,
      imports: ["setting", "imageReference"],
      values: isDefault ? {} : images,
    },
  };
}

/** Does a reference name a registry? */
function hasRegistry(image: string): boolean {
  const [first = "", ...rest] = image.split("/");
  return rest.length > 0 && /[.:]/.test(first) && first !== "docker.io";
}

/** Does a reference say which version it means? */
export function isPinned(image: string): boolean {
  const [, , tag, digest] = IMAGE_REFERENCE.exec(image) ?? [];
  return digest !== undefined || (tag !== undefined && tag !== "latest");
}

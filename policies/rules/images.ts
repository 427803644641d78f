// Images: what runs is what was looked at.
import { type Rule, type Surroundings, text, types } from "../rule.ts";

const BY_CONTENT = /^sha256:[0-9a-f]{64}$|@sha256:[0-9a-f]{64}$/;

/** Tag of a reference; undefined where there is none. */
function tagOf(reference: string): string | undefined {
  return /:([\w.-]+)$/.exec(reference.replace(/@.*$/, ""))?.[1];
}

function isProduction({ settings }: Surroundings): boolean {
  return settings.production;
}

export const images: readonly Rule[] = [
  {
    name: "image-by-content",
    group: "images",
    title: "Containers and migrations run an image by its content address, never by a tag.",
    reason: "A tag can move between preview and update, and between two containers of one deploy.",
    fix: "resolve the reference with the component's image (tandem:docker:Image), or add @sha256:…",
    level: "mandatory",
    types: [types.container, types.migration],
    check({ facts, type }) {
      const image = text(type === types.migration ? facts.imageId : facts.image);
      return image === undefined || BY_CONTENT.test(image) ? [] : [`runs ${image}`];
    },
  },
  {
    name: "no-latest",
    group: "images",
    cis: "5.28",
    title: "No image is asked for as latest or without a tag.",
    reason: "Nobody can say afterwards which version ran, nor go back to it.",
    fix: "name a version",
    level: "mandatory",
    types: [types.image],
    check({ facts }) {
      const reference = text(facts.reference);
      if (reference === undefined || BY_CONTENT.test(reference)) return [];
      const tag = tagOf(reference);
      return tag === undefined || tag === "latest" ? [`asks for ${reference}`] : [];
    },
  },
  {
    name: "digest-in-production",
    group: "images",
    title: "Production names its images by digest.",
    reason:
      "A reference with a tag is resolved to a content address at each preview: a tag that moved shows there, but " +
      "what is deployed next is decided by the registry and not by a reviewed change.",
    fix: "add @sha256:… to the image's reference; where images come without a registry, leave it advisory",
    level: "advisory",
    types: [types.image],
    check({ facts }, around) {
      const reference = text(facts.reference);
      return !isProduction(around) || reference === undefined || BY_CONTENT.test(reference)
        ? []
        : [`asks for ${reference}`];
    },
  },
];

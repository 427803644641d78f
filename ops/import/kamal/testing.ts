// For tests of Kamal's reader: a project of Kamal's in a repository of a test's own.
import { ImportFolder } from "../testing/folder.ts";

/** What every project needs; on this machine, so that no test names a server. */
export const PROJECT = `service: shop
image: acme/shop
registry: { server: registry.example.com, username: acme, password: [KAMAL_REGISTRY_PASSWORD] }
`;
/** The one role that most tests need. */
export const WEB = "servers: { web: [localhost] }\n";

/** A repository with Kamal's files. */
export class KamalFolder extends ImportFolder {
  /** Imports config/deploy.yml with these lines, and what is told of it. */
  async kamal(
    lines: string,
    more: Record<string, string> = {},
    shell?: (name: string) => string | undefined,
  ) {
    const text = /^servers:/m.test(lines) ? lines : `${WEB}${lines}`;
    this.write({ Dockerfile: "FROM scratch\n", ...more, "config/deploy.yml": `${PROJECT}${text}\n` });
    const made = await this.import({}, false, "", shell);
    const notes = made.plan.notes.all.map(
      ({ kind, subject, text: words, line }) =>
        `${kind} ${subject}: ${words}${line === undefined ? "" : ` | ${line}`}`,
    );
    return { ...made, notes, told: notes.join("\n") };
  }
}

const ROLES = "servers: { web: [localhost], job: { hosts: [localhost], cmd: bin/jobs ";
/** The role `job` with these keys. */
export const job = (keys: string) => `${ROLES}, ${keys} } }`;
/** The same with these options. */
export const option = (keys: string) => job(`options: { ${keys} }`);
/** An accessory with these keys. */
export const accessory = (keys: string, image = "mysql:8.4") =>
  `accessories: { data: { image: "${image}", host: localhost, ${keys} } }`;
/** The proxy with these keys. */
export const proxy = (keys: string) => `proxy: { host: shop.example.com, ${keys} }`;

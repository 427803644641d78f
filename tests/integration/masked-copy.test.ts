// A masked copy of a hostile database: no function of its owner runs as a superuser, and nothing stays unmasked.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SeedDefinition } from "../../infra/settings/seed.ts";
import { withMaskedCopy } from "../../ops/deploy/seed/masked-copy.ts";
import { exec } from "../../provider/docker/containers.ts";
import { docker } from "../support/docker.ts";
import { imageWithExtension, startHostileSource } from "../support/hostile-source.ts";
import { requirePostgresImage, type TestPostgres } from "../support/postgres.ts";

const image = await requirePostgresImage();

/** What stands in a column that is kept: in another case, a part of JSON, of an array, beyond ASCII, escaped, as bytes. */
const REPEATED: [column: string, value: string][] = [
  ["value", "'to Margarete.Holm@Customer.Example, again'"],
  ["value", "'call 0170 5550123 today'"],
  ["value", "'x of 0171 5550124'"],
  ["value", "'an JÜRGEN MÜLLER'"],
  ["value", String.raw`'{"to": "J\u00fcrgen M\u00fcller"}'`],
  ["bytes", "convert_to('x Margarete Holm', 'UTF8')"],
  ["value", "'extension.person@customer.example'"],
];

const complete: SeedDefinition = {
  tables: {
    people: {
      id: "keep",
      email: "email",
      name: "words",
      about: "null",
      tags: "null",
      partner: "keep",
    },
    journal: "empty",
    ...Object.fromEntries(REPEATED.map((_, index) => [`kept_${index}`, "keep"] as const)),
    "extra.people": { id: "keep", email: "email" },
  },
};

describe("a masked copy of a hostile database", () => {
  let server: TestPostgres;
  let own: string;
  const said: string[] = [];

  /** Makes a copy and reads it as text. */
  async function copy(definition = complete): Promise<{ text: string; boss: string; limits: object }> {
    const request = {
      docker,
      system: "hostile",
      environment: server.containerId.slice(0, 12),
      database: { containerId: server.containerId, name: "shop" },
      definition,
      roles: new Map([
        ["shop_owner", "shop_app"],
        ["shop_app", "shop_owner"],
      ]),
      say: (line: string) => said.push(line),
    };
    return await withMaskedCopy(request, async ({ containerId, path }) => {
      const plain = await exec(docker, containerId, ["pg_restore", "--file", "-", path]);
      const superusers = "SELECT string_agg(rolname, ' ') FROM pg_roles WHERE rolsuper";
      const boss = await exec(docker, containerId, ["psql", "-XqAtc", superusers]);
      const { HostConfig } = await docker.getContainer(containerId).inspect();
      const { Memory, CpuQuota, CpuPeriod, NetworkMode } = HostConfig;
      return {
        text: plain.stdout,
        boss: boss.stdout.trim(),
        limits: { Memory, CpuQuota, CpuPeriod, NetworkMode },
      };
    });
  }

  beforeAll(async () => {
    own = await imageWithExtension(String(image));
    server = await startHostileSource(own, REPEATED.length);
  });

  afterAll(async () => {
    await server?.remove();
    if (own !== undefined) await docker.getImage(own).remove({ force: true });
  });

  it("is made without a superuser, masked to the extension's own tables, under the source's limits", async () => {
    const { text, boss, limits } = await copy();
    expect(boss).toBe("postgres");
    expect(limits).toEqual({
      Memory: 512 * 2 ** 20,
      CpuQuota: 150_000,
      CpuPeriod: 100_000,
      NetworkMode: "none",
    });
    expect(text).toMatch(/COPY extra\.people \(id, email\) FROM stdin;\n1\tuser-\w+@example\.invalid/);
    for (const original of ["margarete", "mueller", "Müller", "5550123", "5550124", "extension.person"]) {
      expect(text.includes(original), original).toBe(false);
    }
    // Neither the trigger nor the rule wrote down anything; all of them are there again.
    expect(text).toContain("COPY public.journal (entry) FROM stdin;\n\\.\n");
    for (const made of [
      "ENABLE ALWAYS TRIGGER trap_always",
      "CREATE RULE trap_rule",
      "CREATE POLICY trap_policy",
    ]) {
      expect(text).toContain(made);
    }
    expect(text).toMatch(/\nREFRESH MATERIALIZED VIEW public\.trap_view/);
    // The names of the other side; what a stranger had is the owner's, and nothing the administrator's or the run's own.
    expect(text).toContain("ALTER FUNCTION public.of_stranger() OWNER TO shop_app;");
    expect(text).toContain("GRANT SELECT ON TABLE public.people TO shop_owner;");
    expect(text).not.toMatch(/OWNER TO postgres|tandem_seed|stranger;/);
    expect(said.join("\n")).toContain("left out: PUBLICATION - everything");
  });

  it("is refused where a kept column repeats what is hidden, whatever its form", async () => {
    for (const [index, [column, value]] of REPEATED.entries()) {
      await server.query(`INSERT INTO kept_${index} (${column}) VALUES (${value})`, { database: "shop" });
    }
    const tables = REPEATED.map((_, index) => `public.kept_${index}`).join(", ");
    await expect(copy()).rejects.toThrow(`stand in the copy, in ${tables}:`);
  });

  it("is refused where a table came meanwhile that nobody named, an extension's included", async () => {
    const { "extra.people": _, ...tables } = complete.tables;
    await expect(copy({ tables })).rejects.toThrow("changed meanwhile: table extra.people is not named");
  });
});

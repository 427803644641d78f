// Data is hard to lose: what leaves it behind is refused, what was kept is taken over.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { docker, uniqueName } from "../support/docker.ts";
import { TestProgram } from "../support/program.ts";
import { freePort } from "../support/project.ts";
import { ServerImages } from "../support/server-images.ts";
import { containerOf } from "../support/snapshot.ts";
import { sqlIn } from "../support/sql.ts";

const ROWS = "select string_agg(id::text, ',' order by id) from orders;";
const images = new ServerImages(uniqueName("data-"));
let program: TestProgram;
let port: number;
let database: string;

/** A program with one database; what is `changed` replaces parts of the server's args. */
function source(
  changed = "",
  data = "{ protect: false }",
  image = "pgvector/pgvector:0.8.2-pg17-trixie",
): string {
  return `
import { Environment, PgDatabase } from "tandem";
const env = new Environment("dev", { system: "$SYSTEM", environment: "dev", data: ${data} });
new PgDatabase("postgres", {
  env,
  server: {
    kind: "container",
    image: "${image}",
    hostPort: ${port},
    limits: { cpus: 1, memoryMb: 256, pids: 100 },
    ${changed}
  },
  extensions: ["vector"],
});
`;
}

async function sql(statement: string): Promise<string> {
  return await sqlIn(await containerOf(program.system, "dev", "postgres"), statement, database);
}

beforeAll(async () => {
  port = await freePort();
  program = await TestProgram.create(source());
  database = `${program.system.replaceAll("-", "_")}_dev`;
  const up = await program.pulumi("up", "--yes", "--skip-preview");
  if (up.exitCode !== 0) throw new Error(up.output);
  await sql(
    `set role ${database}_owner; create table orders (id int primary key, at vector(2)); ` +
      "insert into orders values (1, '[1,2]'), (2, '[3,4]');",
  );
});

afterAll(async () => {
  await program.remove();
  await images.remove();
});

describe("a change that would leave data behind", () => {
  it("is refused by the preview, with what to do, and nothing is touched", async () => {
    program.write(source('volumeRole: "elsewhere",'));
    const preview = await program.pulumi("preview");
    expect(preview.exitCode).not.toBe(0);
    expect(preview.output).toContain(`volume ${program.system}_dev_pgdata holds data`);
    expect(preview.output).toContain("release the data of 'postgres' in the stack's config");
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode).not.toBe(0);
    expect(await sql(ROWS)).toBe("1,2");
  });

  it("goes through once the config releases it, and the old volume still stands", async () => {
    program.write(source('volumeRole: "elsewhere",', '{ protect: false, released: ["postgres"] }'));
    const preview = await program.pulumi("preview");
    expect(preview.exitCode, preview.output).toBe(0);
    program.write(source());
  });
});

describe("an image whose server can't work with what is in the volume", () => {
  const refusals = {
    "newer postgres": /was written by PostgreSQL 17, and the image is PostgreSQL 18.0/,
    "other user": /the files belong to user 999, and postgres is user 70 in the image/,
    "no vector": /databases in it use vector, which the image doesn't have/,
  } as const;

  it.each(Object.entries(refusals))("is refused by the preview: %s", async (what, reason) => {
    const server = await containerOf(program.system, "dev", "postgres");
    program.write(source("", undefined, await images.make(what as keyof typeof refusals)));
    const preview = await program.pulumi("preview");
    expect(preview.exitCode, preview.output).not.toBe(0);
    expect(preview.output).toMatch(reason);
    expect(preview.output).toContain("such as pgvector/pgvector:0.8.2-pg17-trixie");
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).not.toBe(0);
    // The server serves on, the very same.
    expect(await containerOf(program.system, "dev", "postgres")).toBe(server);
    expect(await sql(ROWS)).toBe("1,2");
  });

  it("is none where only something else of the image changed", async () => {
    program.write(source("", undefined, await images.make("same server")));
    const preview = await program.pulumi("preview");
    expect(preview.exitCode, preview.output).toBe(0);
    program.write(source());
  });
});

describe("protected data", () => {
  it("survives a destroy, which says what is protected", async () => {
    program.write(source("", "{}"));
    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).toBe(0);
    const destroy = await program.pulumi("destroy", "--yes", "--skip-preview");
    expect(destroy.exitCode).not.toBe(0);
    expect(destroy.output).toContain("protect");
    expect(await sql(ROWS)).toBe("1,2");
  });
});

describe("data that outlived its stack", () => {
  it("is taken over by the next up, with its owner, and stays after another one", async () => {
    program.write(source());
    expect((await program.pulumi("up", "--yes", "--skip-preview")).exitCode).toBe(0);
    const destroy = await program.pulumi("destroy", "--yes", "--skip-preview");
    expect(destroy.exitCode, destroy.output).toBe(0);
    const containers = await docker.listContainers({
      all: true,
      filters: JSON.stringify({ label: [`tandem.system=${program.system}`] }),
    });
    expect(containers).toEqual([]);

    const up = await program.pulumi("up", "--yes", "--skip-preview");
    expect(up.exitCode, up.output).toBe(0);
    expect(up.output).toContain(`Database ${database} was kept from before`);
    expect(await sql(ROWS)).toBe("1,2");
    expect(await sql("select tableowner from pg_tables where tablename = 'orders';")).toBe(
      `${database}_owner`,
    );
    expect(await sql("select count(*) from pg_roles where rolname like '%__kept';")).toBe("0");
    expect(await sql("select datname from pg_database where datname like '%__kept';")).toBe("");
    expect(await sql(`set role ${database}_owner; alter table orders add column note text; select 1;`)).toBe(
      "1",
    );

    const preview = await program.pulumi("preview", "--expect-no-changes", "--diff");
    expect(preview.exitCode, preview.output).toBe(0);
    const refresh = await program.pulumi("refresh", "--preview-only", "--expect-no-changes", "--diff");
    expect(refresh.exitCode, refresh.output).toBe(0);
  });
});

// A database whose owner wants to become the administrator of the server in which its rows are masked, with an extension
// that has rows of its own.
import { docker, uniqueName } from "./docker.ts";
import { TestPostgres } from "./postgres.ts";

const FOLDER = "/usr/share/postgresql/17/extension";

/** The image with an extension `contacts`: a configuration table, whose rows a dump has, and another, whose it hasn't. */
export async function imageWithExtension(image: string): Promise<string> {
  const container = await docker.createContainer({ Image: image, Cmd: ["sleep", "60"] });
  const name = uniqueName("tandem-test-contacts-");
  try {
    await container.start();
    const script = `cd ${FOLDER}
echo "default_version = '1'" > contacts.control
cat > contacts--1.sql <<'SQL'
CREATE TABLE people (id int, email text);
CREATE TABLE builtin (id int, word text);
INSERT INTO builtin VALUES (1, 'of the extension');
SELECT pg_catalog.pg_extension_config_dump('people', '');
SQL`;
    const exec = await container.exec({ Cmd: ["sh", "-c", script], AttachStdout: true });
    await new Promise((resolve, reject) => {
      exec.start({}).then((stream) => stream.on("end", resolve).resume(), reject);
    });
    await container.commit({ repo: name, tag: "1" });
  } finally {
    await container.remove({ force: true });
  }
  return `${name}:1`;
}

/** Does what only a superuser can, and raises where it runs as one. */
const TRAP = (why: string) => `BEGIN
  IF current_setting('is_superuser') = 'on' OR (SELECT rolsuper FROM pg_roles WHERE rolname = session_user)
  THEN RAISE EXCEPTION 'TRAP: ${why} runs as %', session_user; END IF;`;

/** Everything that is evaluated where rows are restored, masked or dumped. */
const TRAPS = `
CREATE FUNCTION trap_check(v text) RETURNS boolean LANGUAGE plpgsql AS $$ ${TRAP("a check")} RETURN true; END $$;
CREATE FUNCTION trap_text(v text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ ${TRAP("an expression")} RETURN v; END $$;
CREATE FUNCTION trap_trigger() RETURNS trigger LANGUAGE plpgsql AS $$ ${TRAP("a trigger")}
  INSERT INTO journal SELECT OLD.email; RETURN NEW; END $$;
CREATE DOMAIN trap_domain AS text CHECK (trap_check(VALUE));
CREATE TABLE journal (entry text);
CREATE TABLE people (
  id bigint PRIMARY KEY, email text NOT NULL CHECK (trap_check(email)), name trap_domain,
  about jsonb, tags text[], computed text GENERATED ALWAYS AS (trap_text('computed')) STORED,
  partner bigint REFERENCES people);
INSERT INTO people (id, email, name, about, tags, partner) VALUES
  (1, 'margarete.holm@customer.example', 'Margarete Holm', '{"phone": ["0170 5550123"]}', '{"of 0171 5550124"}', NULL),
  (2, 'juergen.mueller@customer.example', 'Jürgen Müller', NULL, NULL, 1);
CREATE INDEX trap_index ON people (trap_text(email));
CREATE TRIGGER trap_always AFTER UPDATE OR DELETE ON people FOR EACH ROW EXECUTE FUNCTION trap_trigger();
ALTER TABLE people ENABLE ALWAYS TRIGGER trap_always;
CREATE RULE trap_rule AS ON UPDATE TO people DO ALSO INSERT INTO journal VALUES (OLD.name);
ALTER TABLE people ENABLE ROW LEVEL SECURITY;
ALTER TABLE people FORCE ROW LEVEL SECURITY;
CREATE POLICY trap_policy ON people USING (trap_check(email));
CREATE MATERIALIZED VIEW trap_view AS SELECT trap_text(email) AS email FROM people;
CREATE FUNCTION length(v character varying) RETURNS integer LANGUAGE plpgsql AS $$ ${TRAP("a function")} RETURN 0; END $$;
CREATE FUNCTION encode(v bytea, f character varying) RETURNS text LANGUAGE plpgsql AS $$ ${TRAP("a function")} RETURN ''; END $$;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO shop_app;
GRANT SELECT ON people TO shop_app;`;

/** Starts a server with such a database, `shop`, and tables `kept_0`, `kept_1` … in it for texts and bytes. */
export async function startHostileSource(image: string, kept: number): Promise<TestPostgres> {
  const server = await TestPostgres.start(image, "127.0.0.1", { memoryMb: 512, cpus: 1.5 });
  await server.ready();
  await server.query("CREATE ROLE shop_owner; CREATE ROLE shop_app; CREATE ROLE stranger");
  await server.query("CREATE DATABASE shop OWNER shop_owner");
  const shop = { database: "shop" };
  await server.query("CREATE SCHEMA extra; CREATE EXTENSION contacts SCHEMA extra", shop);
  await server.query("INSERT INTO extra.people VALUES (1, 'extension.person@customer.example')", shop);
  await server.query("GRANT CREATE ON SCHEMA public TO stranger", shop);
  // As the superuser the rows would be written by one: the owner has a session of its own.
  await server.query("ALTER ROLE shop_owner LOGIN PASSWORD 'canary-owner-22c1'");
  await server.query(TRAPS, { ...shop, user: "shop_owner", password: "canary-owner-22c1" });
  await server.query(
    "CREATE FUNCTION of_stranger() RETURNS int LANGUAGE sql AS 'SELECT 1'; ALTER FUNCTION of_stranger OWNER TO stranger",
    shop,
  );
  for (let n = 0; n < kept; n++) {
    await server.query(
      `CREATE TABLE kept_${n} (value text, bytes bytea); ALTER TABLE kept_${n} OWNER TO shop_owner`,
      shop,
    );
  }
  await server.query("CREATE PUBLICATION everything FOR ALL TABLES", shop);
  return server;
}

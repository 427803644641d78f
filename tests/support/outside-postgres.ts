// A Postgres server that no stack owns, as a provider of managed databases runs it: TLS only, certificates of its own,
// and a login that is no superuser.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { docker } from "./docker.ts";
import { TestPostgres } from "./postgres.ts";

/** Data folder of the official image. */
const DATA = "/var/lib/postgresql/data";

/** Login that a stack is given. */
export const MANAGER = { user: "manager", password: "canary-manager-5d1c" };

/** The running server, with the file of the certificates that sign its own. */
export interface OutsidePostgres {
  server: TestPostgres;
  /** Address that this machine and every container reach it by; its certificate names it. */
  host: string;
  /** File with the certificates of its provider. */
  caFile: string;
  /** File with certificates that signed nothing of it. */
  foreignCaFile: string;
  remove(): Promise<void>;
}

/** Starts the server on the address of Docker's default bridge, where containers of every network reach it. */
export async function startOutsidePostgres(image: string): Promise<OutsidePostgres> {
  const bridge = (await docker.getNetwork("bridge").inspect()) as {
    IPAM: { Config: { Gateway?: string }[] };
  };
  const host = bridge.IPAM.Config[0]?.Gateway ?? "172.17.0.1";
  const folder = mkdtempSync(join(tmpdir(), "tandem-certificates-"));
  makeCertificates(folder, host);
  const server = await TestPostgres.start(image, host);
  await server.ready();
  for (const file of ["server.crt", "server.key"]) {
    const install = ["install", "-o", "postgres", "-m", "600", "/dev/stdin", `${DATA}/${file}`];
    await server.run(install, readFileSync(join(folder, file), "utf8"));
  }
  // Everybody but this test's own superuser must encrypt.
  const rules = "host all postgres all scram-sha-256\nhostssl all all all scram-sha-256\n";
  await server.run(["sh", "-c", `cat > ${DATA}/pg_hba.conf`], rules);
  await server.query("ALTER SYSTEM SET ssl = on");
  await server.query("SELECT pg_reload_conf()");
  // Providers let the login that they give out make pgvector; on a plain server only a superuser could.
  const control = '"$(pg_config --sharedir)/extension/vector.control"';
  await server.run(["sh", "-c", `echo "trusted = true" >> ${control}`]);
  await server.query(`CREATE ROLE ${MANAGER.user} LOGIN CREATEDB CREATEROLE PASSWORD '${MANAGER.password}'`);
  return {
    server,
    host,
    caFile: join(folder, "ca.crt"),
    foreignCaFile: join(folder, "foreign.crt"),
    async remove() {
      await server.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function makeCertificates(folder: string, address: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const name of ["ca", "foreign"]) {
    openssl(
      "req",
      "-x509",
      ...key,
      "-days",
      "2",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.crt`,
    );
  }
  openssl("req", ...key, "-subj", "/CN=server", "-keyout", "server.key", "-out", "server.csr");
  writeFileSync(join(folder, "san"), `subjectAltName=IP:${address}\n`);
  const signing = ["-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "san"];
  openssl("x509", "-req", "-in", "server.csr", ...signing, "-out", "server.crt");
}

// A Postgres server as components make one: hardened, its administrator let in by peer authentication, all others by password.
import { dockerCli, dockerOk, until } from "./docker-cli.ts";

/** Starts it and waits until it answers. `label` is `name=value`. */
export async function startPeerPostgres(name: string, label: string): Promise<void> {
  await dockerOk([
    ...["run", "-d", "--name", name, "--label", label, "--user", "postgres", "--cap-drop", "ALL"],
    ...["--security-opt", "no-new-privileges", "--tmpfs", "/var/run/postgresql:mode=1777", "--tmpfs", "/tmp"],
    ...["-e", "POSTGRES_PASSWORD=x", "-e", "PGDATA=/var/lib/postgresql/data/pgdata"],
    ...["-e", "POSTGRES_INITDB_ARGS=--auth-host=scram-sha-256 --auth-local=peer"],
    ...["pgvector/pgvector:0.8.2-pg17-trixie", "postgres", "-c", "fsync=off"],
  ]);
  const ready = ["exec", name, "pg_isready", "-q", "-h", "127.0.0.1"];
  await until("Postgres", async () => (await dockerCli(ready)).code === 0, 90);
}

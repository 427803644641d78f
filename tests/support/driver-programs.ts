// Programs with the usual drivers of several languages. Each logs in with what a PgDatabase or a RedisInstance hands out, by URL and
// by parts, writes, and says its version. The drivers come from Debian's packages.

/** Folder of the programs in the container. */
export const FOLDER = "/drivers";

/** Recipe of an image with the drivers, and with Valkey under the names that its official image has. @param base of Debian */
export const driversImage = (base: string) => `FROM ${base}
USER root
RUN mkdir -p /usr/share/man/man1 && apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
    python3-psycopg2 python3-psycopg python3-redis python3-django ruby-pg ruby-redis php-cli php-pgsql php-redis \\
    default-jdk-headless libpostgresql-jdbc-java golang-go golang-github-lib-pq-dev valkey-server \\
 && ln -s "$(command -v valkey-server)" /usr/local/bin/redis-server \\
 && ln -s "$(command -v valkey-cli)" /usr/local/bin/redis-cli \\
 && install -d -o valkey -g valkey /data && rm -rf /var/lib/apt/lists/*
`;

/** One program: its file, what runs it, its text. */
export interface DriverProgram {
  file: string;
  command: string;
  text: string;
}

const python = (module: string): DriverProgram => ({
  file: `with_${module}.py`,
  command: `python3 ${FOLDER}/with_${module}.py`,
  text: `import os, ${module} as driver
e = os.environ
parts = dict(host=e["DB_HOST"], port=e["DB_PORT"], user=e["DB_USER"], password=e["DB_PASSWORD"], dbname=e["DB_NAME"])
for client in (driver.connect(e["DATABASE_URL"]), driver.connect(**parts)):
    client.cursor().execute("insert into seen values (%s)", ("${module}",))
    client.commit()
print(driver.__version__)
`,
});

/** Programs by what they use. */
export const PROGRAMS: Readonly<Record<string, DriverProgram>> = {
  "Python: psycopg2": python("psycopg2"),
  "Python: psycopg 3": python("psycopg"),
  "Ruby: pg": {
    file: "client.rb",
    command: `ruby ${FOLDER}/client.rb`,
    text: `require "pg"
e = ENV
parts = { host: e["DB_HOST"], port: e["DB_PORT"], user: e["DB_USER"], password: e["DB_PASSWORD"], dbname: e["DB_NAME"] }
[PG.connect(e["DATABASE_URL"]), PG.connect(parts)].each { |c| c.exec_params("insert into seen values ($1)", ["ruby"]) }
puts PG::VERSION
`,
  },
  "PHP: pgsql and PDO": {
    file: "client.php",
    command: `php ${FOLDER}/client.php`,
    text: `<?php
$e = getenv();
$url = pg_connect($e["DATABASE_URL"]) or exit(1);
pg_query_params($url, 'insert into seen values ($1)', ["php"]) or exit(1);
$place = "pgsql:host={$e['DB_HOST']};port={$e['DB_PORT']};dbname={$e['DB_NAME']}";
(new PDO($place, $e["DB_USER"], $e["DB_PASSWORD"]))->exec("insert into seen values ('pdo')");
echo phpversion("pgsql"), "\\n";
`,
  },
  "Java: PostgreSQL JDBC": {
    file: "Client.java",
    command: `java -cp /usr/share/java/postgresql.jar ${FOLDER}/Client.java`,
    text: `import java.sql.*;
class Client {
  public static void main(String[] words) throws Exception {
    var e = System.getenv();
    String place = "jdbc:postgresql://" + e.get("DB_HOST") + ":" + e.get("DB_PORT") + "/" + e.get("DB_NAME");
    Connection url = DriverManager.getConnection(e.get("JDBC_URL"));
    Connection parts = DriverManager.getConnection(place, e.get("DB_USER"), e.get("DB_PASSWORD"));
    for (Connection one : new Connection[] { url, parts }) one.createStatement().execute("insert into seen values ('java')");
    System.out.println(url.getMetaData().getDriverVersion());
  }
}
`,
  },
  "Go: lib/pq, which needs sslmode": {
    file: "client.go",
    command: `cd /tmp && HOME=/tmp GOCACHE=/tmp/go GOPATH=/usr/share/gocode GO111MODULE=off go run ${FOLDER}/client.go`,
    text: `package main

import (
	"database/sql"
	"fmt"
	"os"
	"runtime"

	_ "github.com/lib/pq"
)

func main() {
	plain, _ := sql.Open("postgres", os.Getenv("DATABASE_URL"))
	fmt.Println("without sslmode:", plain.Ping())
	for _, name := range []string{"DATABASE_URL_SSLMODE", "DSN"} {
		db, _ := sql.Open("postgres", os.Getenv(name))
		if _, err := db.Exec("insert into seen values ($1)", "go"); err != nil {
			panic(err)
		}
	}
	fmt.Println(runtime.Version())
}
`,
  },
  "Python: redis-py": {
    file: "redis_client.py",
    command: `python3 ${FOLDER}/redis_client.py`,
    text: `import os, redis
for name in ("REDIS_URL", "CACHE_URL", "VALKEY_URL"):
    client = redis.from_url(os.environ[name])
    client.set("key", name)
    assert client.get("key").decode() == name
redis.from_url(os.environ["CACHE_URL"]).flushdb()
print(redis.__version__)
`,
  },
  "Ruby: redis": {
    file: "redis.rb",
    command: `ruby ${FOLDER}/redis.rb`,
    text: `require "redis"
%w[REDIS_URL CACHE_URL VALKEY_URL].each { |name| Redis.new(url: ENV[name]).set("ruby", name) }
Redis.new(url: ENV["CACHE_URL"]).flushdb
puts Redis::VERSION
`,
  },
  "PHP: phpredis": {
    file: "redis.php",
    command: `php ${FOLDER}/redis.php`,
    text: `<?php
$e = getenv();
$named = new Redis();
$named->connect($e["REDIS_HOST"], 6379);
$named->auth([$e["REDIS_USER"], $e["REDIS_PASSWORD"]]) or exit(1);
$named->set("php", "1") or exit(1);
$plain = new Redis();
$plain->connect($e["CACHE_HOST"], 6379);
$plain->auth($e["CACHE_PASSWORD"]) or exit(1);
$plain->flushDB() or exit(1);
echo phpversion("redis"), "\\n";
`,
  },
  "Django: migrate at the start, rows, cache.clear()": {
    file: "site.py",
    command: `python3 ${FOLDER}/site.py`,
    text: `import os, django
from django.conf import settings
from urllib.parse import urlparse
u = urlparse(os.environ["SITE_URL"])
settings.configure(
    SECRET_KEY="x", USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    INSTALLED_APPS=["django.contrib." + one for one in ("contenttypes", "auth", "sessions", "admin", "messages")],
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": u.path[1:], "USER": u.username,
                           "PASSWORD": u.password, "HOST": u.hostname, "PORT": u.port}},
    CACHES={"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": os.environ["CACHE_URL"]}},
)
django.setup()
from django.core.management import call_command
from django.core.cache import cache
from django.contrib.auth.models import User
call_command("migrate", verbosity=0)
User.objects.create_user("someone")
assert User.objects.count() == 1
call_command("flush", verbosity=0, interactive=False)
cache.set("key", 1)
cache.clear()
assert cache.get("key") is None
print(django.__version__)
`,
  },
};

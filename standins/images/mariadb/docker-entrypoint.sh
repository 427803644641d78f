#!/bin/sh
# Starts MariaDB as the official image does: an empty data folder becomes a database by the same variables, an older one is upgraded
# where MARIADB_AUTO_UPGRADE says so, and root steps down to mysql.
set -eu

case "${1-}" in
  -*) set -- mariadbd "$@" ;;
esac
case "${1-}" in
  mariadbd | mysqld) ;;
  *) exec "$@" ;;
esac
data=/var/lib/mysql
socket=/run/mysqld/mysqld.sock
for word in "$@"; do
  case "$word" in
    --help | '-?' | --version | -V | --print-defaults) exec "$@" ;;
    --datadir=*) data=${word#--datadir=} ;;
  esac
done

if [ "$(id -u)" = 0 ]; then
  find "$data" /run/mysqld -maxdepth 1 \! -user mysql -exec chown -R mysql:mysql '{}' +
  exec setpriv --reuid=mysql --regid=mysql --init-groups "$0" "$@"
fi

say() { echo "entry point: $*"; }
fail() {
  say "$*" >&2
  exit 1
}

# Value of a variable, or content of the file that the variable with _FILE names; MARIADB_ wins over MYSQL_.
given() {
  for name in "MARIADB_$1" "MYSQL_$1"; do
    eval "plain=\${$name-} file=\${${name}_FILE-}"
    [ -z "$plain" ] || [ -z "$file" ] || fail "$name and ${name}_FILE are both set"
    [ -z "$file" ] || plain=$(cat "$file")
    [ -z "$plain" ] || { printf %s "$plain" && return; }
  done
}
# A text in single quotes, as SQL has it.
quoted() { printf "'%s'" "$(printf %s "$1" | sed "s/\\\\/&&/g; s/'/\\\\'/g")"; }
random() { head -c 24 /dev/urandom | base64 | tr '+/' '-_'; }

# The server for this script alone: no network, and the words that are given.
start_alone() {
  "$@" --skip-networking --socket="$socket" --expire-logs-days=0 &
  server=$!
  tries=0
  until mariadb-admin --no-defaults --protocol=socket --socket="$socket" --user=root ping > /dev/null 2>&1; do
    kill -0 "$server" 2> /dev/null || fail "the server ended at its first start"
    tries=$((tries + 1))
    [ "$tries" -lt 300 ] || fail "the server doesn't answer"
    sleep 0.1
  done
}
end_alone() {
  kill "$server"
  wait "$server" || fail "the server ended badly"
}
as_root() { mariadb --no-defaults --protocol=socket --socket="$socket" --user=root --binary-mode "$@"; }

health_users() {
  password=$(random)
  for host in 127.0.0.1 ::1 localhost; do
    echo "CREATE USER IF NOT EXISTS healthcheck@'$host';"
    echo "SET PASSWORD FOR healthcheck@'$host' = PASSWORD('$password'); GRANT USAGE ON *.* TO healthcheck@'$host';"
  done
  (umask 077 && printf '[mariadb-client]\nuser=healthcheck\npassword=%s\nprotocol=tcp\n' "$password" > "$data/.my-healthcheck.cnf")
}

login_sql() {
  root=$1 host=$(given ROOT_HOST) user=$(given USER) password=$(given PASSWORD) database=$(given DATABASE)
  echo "SET PASSWORD FOR root@localhost = PASSWORD($(quoted "$root"));"
  if [ "${host:=%}" != localhost ]; then
    echo "CREATE USER root@$(quoted "$host") IDENTIFIED BY $(quoted "$root");"
    echo "GRANT ALL ON *.* TO root@$(quoted "$host") WITH GRANT OPTION;"
  fi
  [ -z "$database" ] || echo "CREATE DATABASE IF NOT EXISTS \`$database\`;"
  if [ -n "$user" ] && [ -n "$password" ]; then
    echo "CREATE USER $(quoted "$user")@'%' IDENTIFIED BY $(quoted "$password");"
    [ -z "$database" ] || echo "GRANT ALL ON \`$(printf %s "$database" | sed 's/_/\\_/g')\`.* TO $(quoted "$user")@'%';"
  fi
}

make_database() {
  root=$(given ROOT_PASSWORD)
  empty=${MARIADB_ALLOW_EMPTY_ROOT_PASSWORD-${MYSQL_ALLOW_EMPTY_PASSWORD-}}
  if [ -z "$root" ] && [ -n "${MARIADB_RANDOM_ROOT_PASSWORD-${MYSQL_RANDOM_ROOT_PASSWORD-}}" ]; then
    root=$(random)
    say "GENERATED ROOT PASSWORD: $root"
  fi
  [ -n "$root$empty" ] || fail "the data folder is empty; set MARIADB_ROOT_PASSWORD, MARIADB_RANDOM_ROOT_PASSWORD or MARIADB_ALLOW_EMPTY_ROOT_PASSWORD"
  say "makes the database"
  mariadb-install-db --datadir="$data" --auth-root-authentication-method=normal --skip-test-db --skip-name-resolve > /dev/null
  start_alone "$@"
  [ -n "${MARIADB_INITDB_SKIP_TZINFO-${MYSQL_INITDB_SKIP_TZINFO-}}" ] ||
    mariadb-tzinfo-to-sql --skip-write-binlog /usr/share/zoneinfo 2> /dev/null | as_root mysql
  {
    echo "DELETE FROM mysql.global_priv WHERE User = '' OR User = 'root' AND Host <> 'localhost';"
    echo "DELETE FROM mysql.proxies_priv WHERE Host <> 'localhost'; FLUSH PRIVILEGES;"
    login_sql "$root"
    health_users
  } | as_root mysql
  for file in /docker-entrypoint-initdb.d/*; do
    case "$file" in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) MYSQL_PWD=$root as_root "$(given DATABASE)" < "$file" ;;
      *.sql.gz) gunzip -c "$file" | MYSQL_PWD=$root as_root "$(given DATABASE)" ;;
    esac
  done
  end_alone
  say "the database is made"
}

# Another major or minor version wrote the data last.
is_older() {
  now=$(mariadbd --version | sed -nE 's/.*Ver ([0-9]+\.[0-9]+).*/\1/p')
  case "$(cat "$data/mariadb_upgrade_info" 2> /dev/null)" in
    "$now".*) return 1 ;;
  esac
}

if [ ! -d "$data/mysql" ]; then
  make_database "$@"
elif [ "${MARIADB_AUTO_UPGRADE:-0}" != 0 ] && { is_older || [ ! -f "$data/.my-healthcheck.cnf" ]; }; then
  say "upgrades the system tables"
  start_alone "$@" --skip-grant-tables
  [ -f "$data/.my-healthcheck.cnf" ] || { echo "FLUSH PRIVILEGES;" && health_users; } | as_root mysql
  end_alone
  start_alone "$@" --skip-grant-tables
  mariadb-upgrade --no-defaults --socket="$socket" --upgrade-system-tables
  end_alone
fi
exec "$@"

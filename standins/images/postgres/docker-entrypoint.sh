#!/usr/bin/env bash
# Starts PostgreSQL as the official image does: makes the cluster in an empty data folder, then becomes the server.
# Understands POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB, POSTGRES_INITDB_ARGS (each also as NAME_FILE),
# POSTGRES_INITDB_WALDIR, POSTGRES_HOST_AUTH_METHOD, PGDATA and the folder /docker-entrypoint-initdb.d.
set -Eeuo pipefail
shopt -s nullglob

fail() { printf 'docker-entrypoint: %s\n' "$*" >&2; exit 1; }
note() { printf 'docker-entrypoint: %s\n' "$*"; }

# Sets variable $1 from itself, from the file named by $1_FILE, or to $2; both at once is a mistake of the user's.
from_env_or_file() {
  local name=$1 default=${2-} file_name="$1_FILE"
  local value=${!name-} file=${!file_name-}
  [[ -z $value || -z $file ]] || fail "$name and $file_name are both set; set only one of them"
  if [[ -n $file ]]; then
    [[ -r $file ]] || fail "$file_name names $file, which $(id -un 2>/dev/null || id -u) can't read"
    value=$(<"$file")
  fi
  export "$name=${value:-$default}"
  unset "$file_name"
}

# initdb looks its user up by number; a container started as some other user has no entry, so lend it one.
lend_user_entry() {
  getent passwd "$(id -u)" >/dev/null && return
  local lib=(/usr/lib/*/libnss_wrapper.so)
  NSS_WRAPPER_PASSWD=$(mktemp) NSS_WRAPPER_GROUP=$(mktemp)
  printf 'postgres:x:%s:%s::%s:/bin/false\n' "$(id -u)" "$(id -g)" "$PGDATA" >"$NSS_WRAPPER_PASSWD"
  printf 'postgres:x:%s:\n' "$(id -g)" >"$NSS_WRAPPER_GROUP"
  export LD_PRELOAD=${lib[0]} NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
}

return_user_entry() {
  [[ -z ${NSS_WRAPPER_PASSWD-} ]] && return
  rm -f "$NSS_WRAPPER_PASSWD" "$NSS_WRAPPER_GROUP"
  unset LD_PRELOAD NSS_WRAPPER_PASSWD NSS_WRAPPER_GROUP
}

make_cluster() {
  lend_user_entry
  local wal=()
  [[ -z ${POSTGRES_INITDB_WALDIR-} ]] || wal=(--waldir "$POSTGRES_INITDB_WALDIR")
  # POSTGRES_INITDB_ARGS is a line of shell words by contract, hence the eval. The password goes in through a pipe:
  # never on a command line, never on disk.
  eval 'initdb --username="$POSTGRES_USER" --pwfile=<(printf "%s\n" "$POSTGRES_PASSWORD") "${wal[@]}" '"$POSTGRES_INITDB_ARGS"
  return_user_entry
  local method=${POSTGRES_HOST_AUTH_METHOD:-}
  [[ -n $method ]] || method=$(postgres -C password_encryption "${@:2}")
  printf '\nhost all all all %s\n' "$method" >>"$PGDATA/pg_hba.conf"
}

# SQL against the server that runs only during set-up, on its socket.
run_sql() { PGHOST='' PGHOSTADDR='' psql -v ON_ERROR_STOP=1 --no-psqlrc --username "$POSTGRES_USER" --no-password "$@"; }

run_set_up_files() {
  local file db=(--dbname "$POSTGRES_DB")
  for file in /docker-entrypoint-initdb.d/*; do
    note "running $file"
    case $file in
      # Not executable: sourced, so that it can use this script's variables and functions.
      *.sh) if [[ -x $file ]]; then "$file"; else . "$file"; fi ;;
      *.sql) run_sql "${db[@]}" -f "$file" ;;
      *.sql.gz) gunzip -c "$file" | run_sql "${db[@]}" ;;
      *.sql.xz) xzcat "$file" | run_sql "${db[@]}" ;;
      *.sql.zst) zstd -dc "$file" | run_sql "${db[@]}" ;;
      *) note "ignored $file: not .sh, .sql, .sql.gz, .sql.xz or .sql.zst" ;;
    esac
  done
}

set_up() {
  from_env_or_file POSTGRES_USER postgres
  from_env_or_file POSTGRES_DB "$POSTGRES_USER"
  from_env_or_file POSTGRES_PASSWORD
  from_env_or_file POSTGRES_INITDB_ARGS
  if [[ -z $POSTGRES_PASSWORD && ${POSTGRES_HOST_AUTH_METHOD:-} != trust ]]; then
    fail 'the data folder is empty and there is no superuser password: set POSTGRES_PASSWORD or POSTGRES_PASSWORD_FILE'
  fi
  make_cluster "$@"
  # No TCP during set-up: a health check over TCP must not see a server that is about to stop again.
  PGPASSWORD=$POSTGRES_PASSWORD pg_ctl -D "$PGDATA" -w -o "$(printf '%q ' "${@:2}" -c listen_addresses='' -p "${PGPORT:-5432}")" start
  export PGPASSWORD=$POSTGRES_PASSWORD
  if [[ $POSTGRES_DB != postgres ]]; then
    run_sql --dbname postgres --set db="$POSTGRES_DB" <<<'CREATE DATABASE :"db";'
  fi
  run_set_up_files
  pg_ctl -D "$PGDATA" -m fast -w stop
  # The server has no use for it, and whoever may look at its process would see it.
  unset PGPASSWORD POSTGRES_PASSWORD
  note 'PostgreSQL init process complete; ready for start up.'
}

[[ ${1-} == -* ]] && set -- postgres "$@"
if [[ ${1-} == postgres && " $* " != *" --help "* && " $* " != *" --version "* && " $* " != *" -V "* ]]; then
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA" 2>/dev/null || true
  if [[ $(id -u) == 0 ]]; then
    mkdir -p /var/run/postgresql ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"}
    find "$PGDATA" /var/run/postgresql ${POSTGRES_INITDB_WALDIR:+"$POSTGRES_INITDB_WALDIR"} \! -user postgres -exec chown postgres '{}' +
    exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
  fi
  if [[ -s $PGDATA/PG_VERSION ]]; then
    note 'the data folder holds a cluster: nothing to set up'
  else
    set_up "$@"
  fi
fi
exec "$@"

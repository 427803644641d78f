#!/bin/sh
# The official image's health check, as far as the usual tests of it go: over TCP, which the entry point's own server doesn't have.
set -eu

ask() {
  mariadb --defaults-extra-file=/var/lib/mysql/.my-healthcheck.cnf --host=127.0.0.1 --protocol=tcp --skip-ssl --batch \
    --skip-column-names --execute "$1"
}
[ $# -gt 0 ] || { echo "at least one test is required" >&2 && exit 1; }
for test in "$@"; do
  case "$test" in
    --connect) ask 'SELECT 1' > /dev/null ;;
    --innodb_initialized)
      [ "$(ask "SELECT 1 FROM information_schema.ENGINES WHERE engine = 'innodb' AND support IN ('YES', 'DEFAULT', 'ENABLED')")" = 1 ]
      ;;
    *) echo "unknown test $test" >&2 && exit 1 ;;
  esac
done

#!/bin/sh
# Starts Redis as the official image does: options or a .conf file alone mean redis-server, and root steps down to redis.
set -eu

case "${1-}" in
  -* | *.conf) set -- redis-server "$@" ;;
esac

if [ "${1-}" = redis-server ]; then
  if [ "$(id -u)" = 0 ]; then
    find . \! -user redis -exec chown redis '{}' +
    exec setpriv --reuid=redis --regid=redis --init-groups "$0" "$@"
  fi
  # Files of the data folder are the server's own business; a umask that somebody chose stays.
  [ "$(umask)" != 0022 ] || umask 0077
  # The official build has protected mode compiled off, Debian's has it on: off here too, unless the user says.
  if ! printf '%s\n' "$@" | grep -q '^--protected-mode' &&
    ! { [ -f "${2-}" ] && grep -qi '^[[:space:]]*protected-mode' "$2"; }; then
    set -- "$@" --protected-mode no
  fi
fi
exec "$@"

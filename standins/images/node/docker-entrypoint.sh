#!/bin/sh
# As in the official image: options, and words that are no command, are node's arguments.
set -eu

if [ "${1#-}" != "${1-}" ] || ! command -v "${1-node}" >/dev/null || { [ -f "$1" ] && ! [ -x "$1" ]; }; then
  set -- node "$@"
fi
exec "$@"

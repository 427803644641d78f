#!/usr/bin/env bash
# `tandem ci deploy ACTION STACK VERSION [FLAGS…]`: up, promote to or rollback STACK from a workflow, with flags for tandem
# before the command. The newest version of the history goes into the job's summary, whatever became of it.
set -euo pipefail
# The command that runs this script, as words: ./tandem in a checkout, npx tandem where the package is installed.
read -ra tandem <<<"$TANDEM"

action=$1 stack=$2 version=$3
shift 3

case $action in
  up) command=(up "$stack") ;;
  promote) command=(promote --to "$stack" --yes) ;;
  rollback) command=(rollback "$stack" --yes) && [ -z "$version" ] || command+=(--to "$version") ;;
  *) echo "tandem ci deploy: there is no action '$action': up, promote or rollback" >&2 && exit 2 ;;
esac

code=0
"${tandem[@]}" "$@" "${command[@]}" --wait 1800 || code=$?

if [ -n "${GITHUB_STEP_SUMMARY:-}" ]; then
  {
    echo "### $action $stack: $([ "$code" -eq 0 ] && echo done || echo "failed, exit code $code")"
    echo '```'
    # Text of others must not end the block.
    { "${tandem[@]}" "$@" history "$stack" --limit 1 || echo "the history can't be read"; } | sed 's/```/` ` `/g'
    echo '```'
  } >>"$GITHUB_STEP_SUMMARY"
fi
exit "$code"

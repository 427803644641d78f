#!/usr/bin/env bash
# `tandem ci preview-report PULL_REQUEST [FLAGS…]`: previews all stacks, with flags for tandem before the command, puts the report
# into the pull request's comment, and ends as the report says. APPROVED=true lets data at risk pass.
set -euo pipefail
# The command that runs this script, as words: ./tandem in a checkout, npx tandem where the package is installed.
read -ra tandem <<<"$TANDEM"

number=$1
shift

# What is previewed doesn't need it.
token=${GITHUB_TOKEN:-}
unset GITHUB_TOKEN

report=$(mktemp)
trap 'rm -f "$report"' EXIT
approval=()
[ "${APPROVED:-}" != true ] || approval=(--approve-data)

code=0
"${tandem[@]}" "$@" preview --report "${approval[@]}" >"$report" || code=$?
# Without a report there is nothing to put anywhere: the log says why.
if [ -s "$report" ]; then
  [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$report" >>"$GITHUB_STEP_SUMMARY"
  GITHUB_TOKEN=$token "${tandem[@]}" ci put-comment "$number" "$report"
fi
exit "$code"

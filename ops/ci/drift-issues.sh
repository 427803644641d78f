#!/usr/bin/env bash
# `tandem ci drift-issues [FLAGS…]`: looks for drift in all stacks, with flags for tandem before the command, and keeps an issue per
# stack. Drift is no failure of the job: the issue tells it. An error is.
set -euo pipefail
# The command that runs this script, as words: ./tandem in a checkout, npx tandem where the package is installed.
read -ra tandem <<<"$TANDEM"

token=${GITHUB_TOKEN:-}
unset GITHUB_TOKEN

report=$(mktemp)
trap 'rm -f "$report"' EXIT

code=0
"${tandem[@]}" "$@" drift --json --wait 1800 >"$report" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 2 ] || exit "$code"
GITHUB_TOKEN=$token "${tandem[@]}" ci put-issues "$report"

#!/usr/bin/env bash
# drift-issues.sh [FLAGS…]: looks for drift in all stacks, with flags for ./tandem before the command, and keeps an issue per
# stack. Drift is no failure of the job: the issue tells it. An error is.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

for name in PULUMI_BACKEND_URL PULUMI_CONFIG_PASSPHRASE; do
  [ -n "${!name:-}" ] || unset "$name"
done

token=${GITHUB_TOKEN:-}
unset GITHUB_TOKEN

report=$(mktemp)
trap 'rm -f "$report"' EXIT

code=0
./tandem "$@" drift --json --wait 1800 >"$report" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 2 ] || exit "$code"
GITHUB_TOKEN=$token node ops/inspect/github/drift-issue.ts "$report"

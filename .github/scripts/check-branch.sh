#!/usr/bin/env bash
# check-branch.sh ACTION SYSTEM STACK REF: refuses a deploy from another branch or tag than the one that the environment is
# deployed from. A promotion runs from the branch of staging, whose program it compares with what serves there.
#
# Who may push can change this file: what holds is the branch that the GitHub environment allows (docs/workflows.md).
set -euo pipefail

action=$1 system=$2 stack=$3 ref=$4
[ "$action" != promote ] || stack=staging

case $system/$stack in
  oracle/staging | lugh/staging) allowed=refs/heads/develop ;;
  blue-banded-bee/staging | eduaiia/staging) allowed=refs/heads/staging ;;
  live-listen/staging) allowed="refs/heads/main refs/tags/staging-*" ;;
  # Nothing can be committed to a tag: a rollback, which commits the stack file, runs from main.
  live-listen/production) [ "$action" = rollback ] && allowed=refs/heads/main || allowed='refs/tags/v*' ;;
  */production | */shared) allowed=refs/heads/main ;;
  *) echo "check-branch.sh: nothing is deployed to $stack of $system from a workflow" >&2 && exit 2 ;;
esac

for pattern in $allowed; do
  # shellcheck disable=SC2053 # The pattern is one.
  [[ $ref != $pattern ]] || exit 0
done
echo "check-branch.sh: $action of $system $3 runs from ${allowed// / or }, not from $ref" >&2
exit 2

#!/usr/bin/env bash
# `tandem ci commit-stack-files MESSAGE`: commits the stack files that a promotion or rollback changed, and pushes them to the
# branch that is checked out. Nothing else is committed; where nothing changed, nothing is done. GITHUB_TOKEN is what pushes:
# git asks for it here and stores it nowhere.
set -euo pipefail

branch=$(git symbolic-ref --quiet --short HEAD) || {
  echo "tandem ci commit-stack-files: no branch is checked out, so there is none to push to" >&2
  exit 1
}
git add --update -- ':(glob)**/Pulumi.*.yaml'
if git diff --cached --quiet; then
  echo "the stack files are as they were"
  exit 0
fi
actor=${GITHUB_ACTOR:-tandem}
# The helper's text names the variable, not its value: nothing of it stands in a process list.
remote() {
  # shellcheck disable=SC2016
  git -c credential.helper= -c credential.helper='!f() { echo username=x-access-token; echo "password=$GITHUB_TOKEN"; }; f' \
    -c user.name="$actor" -c user.email="$actor@users.noreply.github.com" "$@"
}
git -c user.name="$actor" -c user.email="$actor@users.noreply.github.com" commit --quiet --message "$1"
# Others may have pushed during the deploy. Where they changed the same line, somebody has to decide.
for _ in 1 2 3 4 5; do
  if remote push --quiet origin "HEAD:refs/heads/$branch"; then
    git log -1 --format='pushed %h to %D' || true
    exit 0
  fi
  remote pull --quiet --rebase origin "$branch"
done
echo "tandem ci commit-stack-files: the commit could not be pushed to $branch; commit $(git diff --name-only HEAD~) by hand" >&2
exit 1

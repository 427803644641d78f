#!/usr/bin/env bash
# Times the README's commands on a new Debian machine: no Docker, no Pulumi, empty caches, only Node and Go.
#
# The machine is made here: Debian by debootstrap, with process, mount, network and host name spaces of its own, so that
# its Docker engine and its ports are its own too. It is gone afterwards. Needs root, debootstrap, iptables and iproute2.
#
#   bench/fresh-machine.sh [COMMAND…]      each COMMAND runs in a fresh clone of HEAD, in turn; default: three `up`
#   FRESH_MACHINE_DIR=/var/tmp/x           where the machine's files go (15 GB); default: a folder in /var/tmp
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

[ "$#" -gt 0 ] || set -- './tandem up' './tandem up' './tandem up production'
id="fresh$$"
base=${FRESH_MACHINE_DIR:-/var/tmp/$id}
root="$base/root"
subnet=10.213.$(($$ % 200))
log="$base/log"
mkdir -p "$root"

clean() {
  set +e
  [ -z "${machine:-}" ] || kill -9 "$machine" 2>/dev/null
  ip netns pids "$id" 2>/dev/null | xargs -r kill -9
  ip netns del "$id" 2>/dev/null
  ip link del "$id" 2>/dev/null
  iptables -t nat -D POSTROUTING -s "$subnet.0/24" -j MASQUERADE 2>/dev/null
  iptables -D FORWARD -i "$id" -j ACCEPT 2>/dev/null
  iptables -D FORWARD -o "$id" -j ACCEPT 2>/dev/null
  # Only what is inside this machine's files: a mount left behind would be emptied with them.
  while mount=$(awk -v root="$root/" 'index($2 "/", root) == 1 { print $2 }' /proc/mounts | tail -n 1) && [ -n "$mount" ]; do
    umount -l "$mount" || break
  done
  awk -v root="$root/" 'index($2 "/", root) == 1 { found = 1 } END { exit found }' /proc/mounts && rm -rf "$root"
}
trap clean EXIT
trap 'exit 130' INT TERM

echo "making a Debian machine in $root"
debootstrap --variant=minbase --include=ca-certificates,git,procps,iproute2,gcc,libc6-dev bookworm "$root" \
  "${DEBIAN_MIRROR:-http://deb.debian.org/debian}" >"$log.debootstrap" 2>&1
# Node and Go as this machine has them, and whom it trusts.
cp --parents "$(command -v node)" "$root/"
mkdir -p "$root/usr/lib/node_modules"
cp -a "$(npm root --global)/npm" "$root/usr/lib/node_modules/"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/bin/npm"
ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/bin/npx"
mkdir -p "$root$(dirname "$(go env GOROOT)")"
cp -a "$(go env GOROOT)" "$root$(go env GOROOT)"
cp -a /etc/ssl/certs/. "$root/etc/ssl/certs/"
for file in /etc/npmrc /usr/etc/npmrc /usr/local/share/ca-certificates "$HOME/.npmrc"; do
  [ ! -e "$file" ] || (mkdir -p "$root$(dirname "$file")" && cp -a "$file" "$root$file")
done
cp /etc/resolv.conf "$root/etc/resolv.conf"
printf '127.0.0.1 localhost %s\n' "$id" >"$root/etc/hosts"
git clone --quiet "file://$PWD" "$root/root/tandem"

ip netns add "$id"
ip link add "$id" type veth peer name eth0 netns "$id"
ip addr add "$subnet.1/24" dev "$id"
ip link set "$id" up
ip -n "$id" addr add "$subnet.2/24" dev eth0
ip -n "$id" link set eth0 up
ip -n "$id" link set lo up
ip -n "$id" route add default via "$subnet.1"
sysctl -q -w net.ipv4.ip_forward=1
iptables -t nat -A POSTROUTING -s "$subnet.0/24" -j MASQUERADE
iptables -I FORWARD -i "$id" -j ACCEPT
iptables -I FORWARD -o "$id" -j ACCEPT

cat >"$root/root/run-commands" <<'INNER'
#!/bin/bash
# Runs inside: mounts what a machine has, then each command with its time.
mount -t tmpfs -o mode=755 tmpfs /dev/shm
hostname "$FRESH_ID"
cd /root/tandem
for command in "$@"; do
  printf '\n===== %s\n' "$command"
  begin=$(date +%s.%N)
  bash -c "$command"
  code=$?
  printf '===== %s: exit %s after %.1f s\n' "$command" "$code" "$(echo "$(date +%s.%N) $begin" | awk '{ print $1 - $2 }')"
  [ "$code" -eq 0 ] || break
done
printf '===== git status: %s\n' "$(git status --porcelain | wc -l) changed files"
INNER
chmod +x "$root/root/run-commands"

mount --bind "$root" "$root"
mount --rbind --make-rslave /sys "$root/sys"
mount --rbind --make-rslave /dev "$root/dev"
keep=(PATH="$(go env GOROOT)/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" HOME=/root LANG=C.UTF-8 FRESH_ID="$id")
# How this machine reaches the registries is the fresh one's way too.
for name in NODE_EXTRA_CA_CERTS SSL_CERT_FILE SSL_CERT_DIR HTTP_PROXY HTTPS_PROXY NO_PROXY http_proxy https_proxy no_proxy GOPROXY GOSUMDB CI TANDEM_SOAK; do
  [ -z "${!name:-}" ] || keep+=("$name=${!name}")
done
# The machine's files become the root of its mount name space: after a mere chroot, `docker exec` would enter the
# name space at its real root, which is this machine's. In the background, so that an interrupt is heard at once.
# shellcheck disable=SC2016
ip netns exec "$id" unshare --mount --propagation private --pid --uts --ipc --fork --kill-child \
  sh -c 'cd "$0" && mkdir .outside && pivot_root . .outside && mount -t proc proc /proc && umount -l /.outside && rmdir /.outside && exec "$@"' \
  "$root" env -i "${keep[@]}" /root/run-commands "$@" > >(tee "$log") 2>&1 &
machine=$!
wait "$machine" || true
grep -q '^===== .*: exit 0 after' "$log" && ! grep -Eq '^===== .*: exit [1-9]' "$log"

#!/bin/sh
# Closes what Docker before version 28 leaves open: machines on a network segment of the host reach ports that are
# published on 127.0.0.1, and containers by their own addresses. It needs root, and iptables, which Docker needs too.
#
#   sh close-loopback.sh          closes it now and, where systemd runs, at each boot
#   sh close-loopback.sh check    ends with 0 where it is closed, else with 1
#   sh close-loopback.sh remove   takes the rules away again
set -eu
PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
service=tandem-close-loopback.service
unit=/etc/systemd/system/$service

# Table, chain and rule of each. Docker rewrites neither of these chains, so the rules outlast its restarts.
# 1. Packets for 127.0.0.0/8 come from lo only (and WSL's loopback0). Docker's translation of addresses would send others
#    on to a container before the kernel finds that they can't be.
# 2. and 3. Nobody outside begins a connection with a container's own address: who calls a published port calls an address
#    of the host, which Docker has translated (DNAT) by then.
rules='raw PREROUTING ! -i lo+ -d 127.0.0.0/8 -j DROP
mangle FORWARD ! -i br-+ -o br-+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
mangle FORWARD ! -i docker+ -o docker+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP'

# For each rule: the words before its chain and after it.
for_each() {
  printf '%s\n' "$rules" | while read -r table chain rule; do "$1" "$table" "$chain" "$rule" || exit 1; done
}
# shellcheck disable=SC2086 # A rule is many words.
has() { iptables -w -t "$1" -C "$2" $3 2>/dev/null; }
# shellcheck disable=SC2086
add() { has "$@" || iptables -w -t "$1" -I "$2" $3; }
# shellcheck disable=SC2086
delete() { while has "$@"; do iptables -w -t "$1" -D "$2" $3; done; }
at_boot() { echo "ExecStart=/bin/sh -c '$iptables -w -t $1 -C $2 $3 || $iptables -w -t $1 -I $2 $3'"; }

fail() {
  echo "close-loopback: $1" >&2
  exit 1
}

# The rules know Docker's bridges by their names; somebody else's must not be cut off.
refuse_other_bridges() {
  others=$(sed -nE 's/^ *((br-|docker)[^:]*):.*/\1/p' /proc/net/dev |
    grep -Evx 'br-[0-9a-f]{12}|docker0|docker_gwbridge' | tr '\n' ' ')
  [ -z "$others" ] ||
    fail "these interfaces are not named as Docker names its own, and the rules would close them, too: $others; nothing was changed"
}

case "${1:-close}" in
  check)
    # Rules can be looked at by root only.
    if [ "$(id -u)" = 0 ]; then for_each has; else systemctl --quiet is-active "$service" 2>/dev/null; fi
    exit
    ;;
  close | remove) ;;
  *) fail "it knows check and remove, not $1" ;;
esac
[ "$(id -u)" = 0 ] || fail "run it as root, such as with sudo"
iptables=$(command -v iptables) || fail "there is no iptables here"

if [ "${1:-close}" = remove ]; then
  if [ -f "$unit" ]; then
    systemctl --quiet disable --now "$service"
    rm "$unit"
    systemctl daemon-reload
  fi
  for_each delete
  echo "close-loopback: the rules are gone"
  exit
fi

refuse_other_bridges
for_each add
if [ -d /run/systemd/system ]; then
  {
    echo '[Unit]'
    echo 'Description=Keep other machines from what Docker publishes on 127.0.0.1'
    # What writes all rules anew at a boot comes first.
    echo 'After=nftables.service firewalld.service ufw.service netfilter-persistent.service'
    echo 'Before=docker.service'
    echo '[Service]'
    echo 'Type=oneshot'
    echo 'RemainAfterExit=yes'
    for_each at_boot
    echo '[Install]'
    echo 'WantedBy=multi-user.target'
  } >"$unit"
  systemctl daemon-reload
  systemctl --quiet enable --now "$service"
  echo "close-loopback: closed, now and at each boot ($service)"
else
  echo "close-loopback: closed until the next boot. No systemd runs here: call it again after each one"
fi

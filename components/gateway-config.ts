// The gateway's own configuration: what is the same for every environment and route.
import { createHash } from "node:crypto";
import { clientLimits, followConnector, indent } from "./gateway-clients.ts";
import { type EntryOptions, entryConfig, LOG_FORMAT } from "./gateway-entry.ts";
import { OVERLOAD_LIMITS } from "./gateway-overload.ts";

/** Port that the gateway listens on inside its container. */
export const CONTAINER_PORT = 8080;
/** Folder of its configuration, on a volume: a restarted gateway still knows its routes. */
export const CONFIG_DIR = "/config";
/** Seconds for requests under way when the gateway itself is replaced. */
export const STOP_GRACE_SECONDS = 30;
/** Seconds for requests under way on the router's old server after a reload: a long upload has to end. */
const RELOAD_GRACE_SECONDS = 600;
/** Host header to which the gateway itself answers, through both of its processes. */
const HEALTH_HOST = "health.gateway.internal";

/**
 * The process that knows the routes; the provider writes each into a file of its own. After a reload the old server
 * goes on for a while (\`shutdown_delay\`), so that a request on its way to it is still read.
 */
const ROUTER_CONFIG = `{
	admin 127.0.0.1:2019
	auto_https off
	persist_config off
	default_bind unix/{$ROUTER_SOCKET}
	shutdown_delay 2s
	grace_period ${RELOAD_GRACE_SECONDS}s
	servers {
		trusted_proxies_unix
		max_header_size 32KiB
		timeouts {
			read_body_idle 60s
			write_idle 60s
		}
	}
	log {
		output stdout
${indent(LOG_FORMAT, 2).join("\n")}
	}
}

http:// {
	respond "No service of this environment answers to this hostname." 404
}

http://${HEALTH_HOST} {
	respond 204
}

import ${CONFIG_DIR}/routes/*.caddy
`;

const LOAD_URL = "http://127.0.0.1:2019/load";

/** Fingerprint of the routes that are in force; the same in both scripts. */
const FINGERPRINT = `cat ${CONFIG_DIR}/Caddyfile ${CONFIG_DIR}/routes/*.caddy 2>/dev/null | sha256sum`;

/**
 * Runs both processes, the entry once the router listens; when one ends, so does the container, and Docker starts it anew.
 * SIGTERM is the entry's.
 */
function runScript(options: EntryOptions): string {
  return `${OVERLOAD_LIMITS}${clientLimits(options)}${followConnector(options)}
echo /tmp/router-0.sock > /tmp/router
ln -sf /tmp/router /tmp/uploads
${FINGERPRINT} > /tmp/loaded
rm -f /tmp/entry
(
	ROUTER_SOCKET=/tmp/router-0.sock caddy run --config ${CONFIG_DIR}/Caddyfile --adapter caddyfile
	kill -KILL $(cat /tmp/entry)
) &
router=$!
while ! [ -S /tmp/router-0.sock ]; do kill -0 $router 2>/dev/null || exit 1; sleep 0.05; done
(
	ulimit -n $MAX_FILES 2>/dev/null
	exec caddy run --config ${CONFIG_DIR}/entry.Caddyfile --adapter caddyfile
) &
entry=$!
echo $entry > /tmp/entry
trap 'kill -TERM $entry' TERM INT
kill -0 $router 2>/dev/null || kill -KILL $entry
while kill -0 $entry 2>/dev/null; do wait $entry; done
`;
}

/**
 * Puts the routes into force, unless they are. The new server listens on a socket of its own; only when it does is the
 * entry told, and the old one closes after its delay, once its requests have ended. Nobody waits for that: only a
 * further reload would have to. It runs to its end whatever becomes of who called it. What waits is no `caddy reload`:
 * ten threads and 40 MiB of each would count against the gateway's limits, and a Caddy that gets no thread ends.
 */
const RELOAD_SCRIPT = `fingerprint=$(${FINGERPRINT})
[ "$fingerprint" = "$(cat /tmp/loaded)" ] && exit 0
new=/tmp/router-$$-$(date +%s).sock
use() { echo "$1" > /tmp/router.next && mv /tmp/router.next /tmp/router; }
ROUTER_SOCKET=$new caddy adapt --config ${CONFIG_DIR}/Caddyfile --adapter caddyfile > /tmp/next.json || exit 1
wget -q -O /dev/null --header 'Content-Type: application/json' --post-file /tmp/next.json ${LOAD_URL} 2> /tmp/load.log &
reload=$!
while kill -0 $reload 2>/dev/null && ! [ -S $new ]; do sleep 0.05; done
[ -S $new ] || { caddy validate --config /tmp/next.json || cat /tmp/load.log; exit 1; }
use $new
echo "$fingerprint" > /tmp/loaded
`;

/** Everything that lies in the gateway's configuration volume besides the routes, by path. */
export function gatewayFiles(options: EntryOptions): Record<string, string> {
  return {
    [`${CONFIG_DIR}/Caddyfile`]: ROUTER_CONFIG,
    [`${CONFIG_DIR}/entry.Caddyfile`]: entryConfig(
      CONTAINER_PORT,
      STOP_GRACE_SECONDS - 5,
      HEALTH_HOST,
      options,
    ),
    [`${CONFIG_DIR}/run.sh`]: runScript(options),
    [`${CONFIG_DIR}/reload.sh`]: RELOAD_SCRIPT,
  };
}

/** Changes when one of the files does. */
export function filesVersion(files: Record<string, string>): string {
  return createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
}

/** Command of the gateway's container. */
export const GATEWAY_COMMAND = ["sh", `${CONFIG_DIR}/run.sh`];

/** Passes when a request gets through both processes. */
export const GATEWAY_HEALTH = [
  ...["wget", "-q", "-O", "/dev/null", "--header", `Host: ${HEALTH_HOST}`],
  `http://127.0.0.1:${CONTAINER_PORT}/`,
];

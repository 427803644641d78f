// The gateway's own configuration: what is the same for every environment and route.

/** Port that the gateway listens on inside its container. */
export const CONTAINER_PORT = 8080;
/** Folder of its configuration, on a volume: a restarted gateway still knows its routes. */
export const CONFIG_DIR = "/config";
/** Seconds for requests under way when the gateway itself is replaced. */
export const STOP_GRACE_SECONDS = 30;

/** What is the same for all routes; the provider writes each route into its own file beside it. */
export const BASE_CONFIG = `{
	admin 127.0.0.1:2019
	auto_https off
	http_port ${CONTAINER_PORT}
	persist_config off
	grace_period ${STOP_GRACE_SECONDS - 5}s
	log {
		output stdout
		format json
	}
}

http:// {
	respond "No service of this environment answers to this hostname." 404
}

import ${CONFIG_DIR}/routes/*.caddy
`;

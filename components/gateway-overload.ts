// What keeps an overloaded gateway alive: bounds that follow from its container's limits, as a script.

/**
 * Share of the container's memory that each process collects its garbage for, in percent. By itself either would take 90 %
 * for its own; together they were killed under 200 requests a second. The rest is for a reload and the sockets.
 */
const HEAP_PERCENT = 35;
/**
 * Memory of a gateway at rest, in MiB. A WebSocket took 0.23 MiB of its two processes and a waiting request 0.13: two at
 * once for each further MiB leave half of it to garbage and to connections on which nothing is asked.
 */
const REST_MIB = 32;
const REQUESTS_PER_MIB = 2;
/**
 * Threads of a gateway at rest. A burst of 500 requests on a busy machine made 110 more, since each looks up where to go
 * in a file, and a Go program that gets no thread ends; two requests for each that may be had are twice as cautious.
 */
const REST_PIDS = 32;
const REQUESTS_PER_PID = 2;
/** However little there is, some get through. */
const LEAST_REQUESTS = 16;
/** Connections of clients for each request under way; one that waits or is idle takes a tenth of the memory. */
const CLIENTS_PER_REQUEST = 4;
/** Files of the entry for each request besides its client's: to the router, and both ends of where its client is counted. */
const OTHERS_PER_REQUEST = 3;
/** Files that the entry has open besides its connections, idle ones to the router among them: 128 for each kind of request. */
const OTHER_FILES = 320;

const limitOf = (v2: string, v1: string) =>
  `$(cat /sys/fs/cgroup/${v2} 2>/dev/null || cat /sys/fs/cgroup/${v1})`;

/**
 * Sets `GOMEMLIMIT` (bytes, for each process), `MAX_REQUESTS` (requests and WebSockets under way at once; one more waits
 * or gets status 503) and `MAX_FILES` (of the entry: with all in use it accepts no connection until one is closed).
 * They hold from the start of the container: a change of its limits while it runs counts at the next one.
 */
export const OVERLOAD_LIMITS = `memory=${limitOf("memory.max", "memory/memory.limit_in_bytes")}
pids=${limitOf("pids.max", "pids/pids.max")}
[ "$memory" = max ] && memory=$((1 << 40))
[ "$pids" = max ] && pids=1000000
export GOMEMLIMIT=$((memory / 100 * ${HEAP_PERCENT}))
MAX_REQUESTS=$(((memory / 1048576 - ${REST_MIB}) * ${REQUESTS_PER_MIB}))
by_pids=$(((pids - ${REST_PIDS}) * ${REQUESTS_PER_PID}))
[ $by_pids -lt $MAX_REQUESTS ] && MAX_REQUESTS=$by_pids
[ $MAX_REQUESTS -lt ${LEAST_REQUESTS} ] && MAX_REQUESTS=${LEAST_REQUESTS}
export MAX_REQUESTS
MAX_FILES=$((MAX_REQUESTS * ${CLIENTS_PER_REQUEST + OTHERS_PER_REQUEST} + ${OTHER_FILES}))
`;

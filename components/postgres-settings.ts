// Which settings of Postgres (postgresql.conf) a topology may give a server, and why not the others. Whether the server's
// version knows a setting and takes its value is asked of the image itself: provider/postgres/server-settings.ts.
import * as pulumi from "@pulumi/pulumi";
import type { Check } from "../lib/docker/values.ts";
import { checkedArgument } from "./checked-inputs.ts";
import type { PostgresServerArgs } from "./postgres-server.ts";
import { sharedSettings } from "./postgres-tuning.ts";

/** Settings by their names in `pg_settings`; a switch is true or false. */
export type PostgresSettings = Record<string, pulumi.Input<string | number | boolean>>;

/** Word of a container's label for a setting that opens something. */
const OPENED = "postgres-setting:";

/** Names of settings, and those of extensions with the extension's before a dot. */
const NAME = /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$/;
/** A library is found by its name in the server's own folder: with a path it could be any file. */
const LIBRARY = /^[a-zA-Z_][\w$-]*$/;

/** Why settings are refused, by their names. The first that fits says it. */
const REFUSED: readonly [RegExp, string][] = [
  [/^max_connections$/, "is the argument maxConnections"],
  [/^shared_preload_libraries$/, "is the argument preload"],
  // Extensions' as well: basebackup_to_shell.command, plperl.on_init, plv8.start_proc, pgsodium.getkey_script.
  [
    /(^|[._])(command|script|library|libraries|start_proc)$|\.on_\w*init$|^(jit_provider|dynamic_library_path|extension_control_path)$/,
    "makes the server run a program or load a library; libraries are named in preload",
  ],
  [
    /^(data_directory|config_file|hba_file|ident_file|external_pid_file|stats_temp_directory)$|\.(\w+_)?(directory|dir|file|path)$/,
    "is a path of the image's",
  ],
  [
    /^archive_/,
    "is for an archive, whose command can't be given: without one the server's log fills the disk",
  ],
  [
    /^(listen_addresses|port|bonjour.*|unix_socket_.*|tcp_keepalives_.*)$/,
    "says where the server listens, which is its container's part",
  ],
  [
    /^(ssl|krb|gss|oauth|scram)(_.*)?$|^(password_encryption|md5_password_warnings|db_user_namespace)$/,
    "is part of how logins are let in, which is fixed: scram-sha-256 on networks of the environment's own",
  ],
  [
    /^(row_security|lo_compat_privileges|standard_conforming_strings|backslash_quote)$/,
    "takes a check of rights away, or makes a command of what a client quoted",
  ],
  [
    /^(log_(destination|directory|filename|file_mode|rotation_.*|truncate_on_rotation|timezone)|logging_collector|syslog_.*|event_source)$/,
    "sends the log away from the container's, where `tandem logs` and its rotation are",
  ],
  [
    /^(fsync|full_page_writes|data_checksums|ignore_.*|zero_damaged_pages|allow_.*|wal_consistency_checking|wal_init_zero|data_sync_retry)$/,
    "gives data up at a crash, or reads what is damaged",
  ],
  [
    /^(primary_.*|recovery_.*|hot_standby.*|promote_trigger_file|synchronous_standby_names|standby_.*|sync_replication_slots|synchronized_.*)$/,
    "is for a standby server, which there is none of",
  ],
  [
    /^(search_path|role|session_.*|is_superuser|transaction_.*|default_transaction_read_only|exit_on_error|local_.*|createrole_self_grant)$/,
    "belongs to a session or a login, and not to the server",
  ],
  [
    /^(debug_|trace_|backtrace_|post_auth_|pre_auth_|jit_(debugging|dump|profiling))/,
    "is for who develops Postgres",
  ],
];

/** Settings that write what statements hold into the log, or lose the last transactions at a crash: a label says so. */
const OPENING =
  /^(log_statement|log_min_duration_.*|log_min_error_statement|log_parameter_.*|log_.*sample.*|synchronous_commit|auto_explain\..*|pgaudit\..*)$/;

/** What is wrong with a setting's name; undefined where nothing is. */
export function settingProblem(name: string): string | undefined {
  if (!NAME.test(name)) return "is no name of a setting, as pg_settings has them, in lower case";
  return REFUSED.find(([names]) => names.test(name))?.[1];
}

/** A setting's value. Not repeated: whatever it is. */
export const settingValue: Check = (value) => {
  if (typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))) return undefined;
  return typeof value === "string" && /^[\x20-\x7e]{0,1000}$/.test(value)
    ? undefined
    : "must be a number, true or false, or one line of text";
};

/** A library for `preload`. */
export const libraryName: Check = (value) =>
  typeof value === "string" && LIBRARY.test(value)
    ? undefined
    : "must be names of libraries as Postgres finds them itself, such as pg_stat_statements";

/** What the container's label says of the settings. */
export function openedSettings(settings: PostgresSettings = {}): string[] {
  return Object.keys(settings)
    .filter((name) => OPENING.test(name))
    .map((name) => `${OPENED}${name}`);
}

/** The settings as the server's command line has them. Values that come from outputs are checked as soon as they are known. */
export function givenSettings(
  component: string,
  settings: PostgresSettings = {},
  preload: readonly string[] = [],
): pulumi.Output<Record<string, string>> {
  const checked = Object.entries(settings).map(([name, value]) => [
    name,
    checkedArgument(component, `settings.${name}`, value, settingValue),
  ]);
  return pulumi
    .output(Object.fromEntries(checked) as PostgresSettings)
    .apply((known): Record<string, string> => {
      const values = Object.entries(known).map(([name, value]): [string, string] => {
        if (typeof value === "boolean") return [name, value ? "on" : "off"];
        return [name, String(value)];
      });
      const libraries: Record<string, string> =
        preload.length === 0 ? {} : { shared_preload_libraries: preload.join(",") };
      return { ...libraries, ...Object.fromEntries(values.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
    });
}

/** What a shared server is given while it runs; one of one environment is limited by its container alone. */
export function runningSettings({ networks, limits, tempFilesMb }: PostgresServerArgs): {
  settings?: pulumi.Output<Record<string, string>>;
} {
  if (networks === undefined) return {};
  const { memoryMb } = pulumi.output(limits);
  return {
    settings: pulumi
      .all([memoryMb, tempFilesMb])
      .apply(([memory, files]) => sharedSettings(files ?? Math.max(1024, 4 * memory))),
  };
}

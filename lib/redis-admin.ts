// What the administrator of a shared Redis server may do: manage logins, delete keys in every database, end a script. It
// reads no key.

/** As ACL SETUSER takes it. */
export const REDIS_ADMIN_RULES = [
  ...["+acl", "+ping", "+info", "+scan", "+unlink", "+select"],
  ...["+script|kill", "+function|kill"],
] as const;

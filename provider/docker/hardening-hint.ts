// What to do where a default of the hardening stops an image that wasn't made for it, said where a message tells of it.

/** What a program says when a default stops it, and which argument opens what. The first that fits is told. */
const HINTS: readonly { said: RegExp; hint: string }[] = [
  {
    // The kernel's words (EROFS), as the C library, Node and Java pass them on.
    said: /read-only file ?system|EROFS/i,
    hint:
      "Its root file system is read-only by default: give it the folder that it writes to as `temporary` or as a volume, or " +
      "set `writableRoot`.",
  },
  {
    said: /no space left on device.*\/tmp|\/tmp.*(no space left on device|ENOSPC)|ENOSPC.*\/tmp/i,
    hint: "Its /tmp has 64 MiB by default: give it more with `temporary`.",
  },
  {
    said: /\/tmp\/\S*: (permission denied|failed to map segment)|failed to map segment from shared object|EACCES.*\/tmp/i,
    hint: "Programs in its folders in memory aren't run by default: set `executable` for the folder in `temporary`.",
  },
  {
    said: /(setuid|setgid|setgroups|setegid|seteuid|chown|initgroups|su-exec|gosu|setpriv)\b.*(operation not permitted|EPERM|permission denied)|operation not permitted.*(chown|setuid|setgid)/i,
    hint:
      'It has no capabilities by default: an entry point that begins as root and drops its rights needs `user: "image"` and ' +
      '`capabilities: ["CHOWN", "SETGID", "SETUID"]`.',
  },
  {
    // Not a server's word about a right in its database, nor sshd's about a key: those no argument opens.
    said: /permission denied(?! (for|to) \w| \(publickey)|EACCES|operation not permitted|EPERM/i,
    hint: "It runs as 1000:1000 without capabilities by default: `user` says as whom, `capabilities` what it may do.",
  },
];

/**
 * What to add to a message that quotes a container's last lines, with a space in front; the empty text where nothing that
 * it said comes from a default.
 */
export function hardeningHint(lines: readonly string[]): string {
  const hint = HINTS.find(({ said }) => lines.some((line) => said.test(line)))?.hint;
  return hint === undefined ? "" : ` ${hint}`;
}

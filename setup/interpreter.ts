// The first lines of a script: which program runs it, also where the path of that program is none that a kernel reads.

/** Linux reads 256 bytes of a first line, macOS 512, older kernels 128. */
const SAFE_LENGTH = 120;
/** The shell's line, which is a string and a comment to JavaScript. */
const SHELL_LINE = /^#!\/bin\/sh\n':' \/\/; exec '((?:[^']|'\\'')*)' "\$0" "\$@"/;

/**
 * First lines of a JavaScript file that `node` runs. A path with white space, or a very long one, can't stand in a
 * `#!` line: then the shell starts it.
 */
export function startedBy(node: string): string {
  if (!/\s/.test(node) && node.length <= SAFE_LENGTH) return `#!${node}`;
  return `#!/bin/sh\n':' //; exec '${node.replaceAll("'", `'\\''`)}' "$0" "$@"`;
}

/** The program that runs a file which begins like this; undefined for what needs none. */
export function interpreterOf(head: string): string | undefined {
  const [, node] = SHELL_LINE.exec(head) ?? [];
  return node === undefined ? /^#!\s*(\S+)/.exec(head)?.[1] : node.replaceAll(`'\\''`, "'");
}

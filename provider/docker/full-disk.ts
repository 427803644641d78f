// What to do where a disk is full, said where a message tells of it.

/** As the kernel, and with it Docker and Postgres, and Node call it. */
const FULL = /no space left on device|ENOSPC/i;

/**
 * What to add to a message that names a full disk, with a space in front; the empty text for any other.
 *
 * @param where which disk to look at, such as `that of the database's volume`
 */
export function fullDiskHint(text: string, where: string): string {
  return FULL.test(text) ? ` A disk is full: make room on ${where}.` : "";
}

// What messages call the command `tandem`, so that they work as printed.

/** `./tandem` of a checkout's root; the installed package's command sets another word. */
export function launcher(): string {
  return process.env.TANDEM_LAUNCHER || "./tandem";
}

// Errors whose message is for the person at the keyboard: printed without a stack trace.

/** Something the user can fix. */
export class UserError extends Error {
  /** What to do about it. */
  readonly fix: string;
  /** Exit code of the command. */
  readonly exitCode: number;

  /**
   * @param message what was wrong and where
   * @param fix what to do, as a command where there is one
   * @param exitCode exit code of the command
   * @default exitCode 1
   */
  constructor(message: string, fix: string, exitCode = 1) {
    super(message);
    this.name = "UserError";
    this.fix = fix;
    this.exitCode = exitCode;
  }
}

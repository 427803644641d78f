// The errors of commands; the set-up has the same.
import { UserError } from "../../setup/user-error.ts";

export { UserError };

/** Does the work; what the user can fix ends with this exit code, where a command's others mean an answer. */
export async function endingWith<T>(exitCode: number, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(error.message, error.fix, exitCode);
    throw error;
  }
}

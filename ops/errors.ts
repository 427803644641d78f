// The errors of commands; the set-up has the same.
export { UserError } from "../toolchain/user-error.ts";

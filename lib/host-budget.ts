// What a stack's file may say of its server: the share of it that the stack may use, and how large the server is.
import * as z from "zod";

/** Amounts that limits add up to; memory in MiB. */
export const amountsSchema = z.strictObject({
  cpus: z.number().positive().optional(),
  memoryMb: z.number().positive().optional(),
  pids: z.number().int().positive().optional(),
});

/** The server that a stack is for. Stacks that give it the same name are on it together. */
export const hostSchema = z.strictObject({
  name: z.string().min(1),
  cpus: z.number().positive(),
  memoryMb: z.number().positive(),
  pids: z.number().int().positive().optional(),
});

/** CPUs, memory in MiB and processes. */
export type HostAmounts = z.infer<typeof amountsSchema>;
/** A server by name and size. */
export type DeclaredHost = z.infer<typeof hostSchema>;

/** What is counted. */
export const AMOUNT_KEYS = ["cpus", "memoryMb", "pids"] as const satisfies (keyof HostAmounts)[];

/** CPUs as Docker takes them, in hundredths: sums of fractions of binary numbers come out crooked. */
export function roundedAmount(value: number): number {
  return Math.round(value * 100) / 100;
}

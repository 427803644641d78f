// Collects what there is to tell while Kamal's files are read.
import type { Told } from "../project.ts";

/** What was told so far. */
export class Telling {
  readonly all: Told[] = [];

  /** It is better left out. */
  left(subject: string, text: string): void {
    this.all.push({ kind: "left", subject, text });
  }

  /** Somebody has to say what is meant. */
  decide(subject: string, text: string, line?: Told["line"]): void {
    this.all.push({ kind: "decide", subject, text, ...(line === undefined ? {} : { line }) });
  }
}

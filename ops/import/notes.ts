// What the import tells: what it took over, what is better left out, and what needs a decision, with the line to write.

import { printableLine } from "../../lib/printable.ts";
import { COMPOSE, type Origin } from "./origin.ts";

/** One thing to tell. */
export interface Note {
  kind: "taken" | "left" | "decide";
  /** The service that it is about, or `all`. */
  subject: string;
  /** In words; never with a value that may be secret. */
  text: string;
  /** What to write or run, as it must be typed. */
  line?: string;
}

/** Collects them. */
export class Notes {
  readonly all: Note[] = [];
  /** Whose files the import reads: their words are used. */
  readonly origin: Origin;

  constructor(origin: Origin = COMPOSE) {
    this.origin = origin;
  }

  /** It is in the system. */
  taken(subject: string, text: string): void {
    this.add({ kind: "taken", subject, text });
  }

  /** It is not, and why it is better so. */
  left(subject: string, text: string): void {
    this.add({ kind: "left", subject, text });
  }

  /** Somebody has to say what is meant. */
  decide(subject: string, text: string, line?: string): void {
    this.add({ kind: "decide", subject, text, ...(line === undefined ? {} : { line }) });
  }

  /** Those of a kind. */
  of(kind: Note["kind"]): Note[] {
    return this.all.filter((note) => note.kind === kind);
  }

  /** What somebody else found to tell. */
  add(note: Note): void {
    // Names and paths in it are the files': none may make a line or a heading of its own.
    const [subject, text] = [printableLine(note.subject), printableLine(note.text)];
    const isThere = this.all.some((one) => one.subject === subject && one.text === text);
    if (isThere) return;
    this.all.push({
      ...{ ...note, subject, text },
      ...(note.line === undefined ? {} : { line: printableLine(note.line) }),
    });
  }
}

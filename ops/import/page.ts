// What the import prints, and writes as IMPORT.md: taken over, better left out, needs your decision.
import { printableLine } from "../../lib/printable.ts";
import type { Note } from "./notes.ts";
import { STACKS } from "./pair.ts";
import type { SystemPlan } from "./system-plan.ts";

const TITLES: Readonly<Record<Note["kind"], string>> = {
  taken: "Taken over",
  left: "Better left out",
  decide: "Needs your decision",
};

/** The page. */
export function pageText(plan: SystemPlan): string {
  const sources = STACKS.map((stack) => `- ${stack}: ${printableLine(plan.sources[stack].join(", "))}`);
  const sections = (["decide", "taken", "left"] as const).flatMap((kind) =>
    section(kind, plan.notes.of(kind)),
  );
  return [
    `# Import of ${plan.name}`,
    "",
    `Read as ${plan.notes.origin.tool} reads them, the later over the earlier ones:`,
    "",
    ...sources,
    "",
    ...sections,
  ]
    .join("\n")
    .replaceAll(/\n{3,}/g, "\n\n");
}

function section(kind: Note["kind"], notes: readonly Note[]): string[] {
  if (notes.length === 0) return [];
  const subjects = [...new Set(notes.map(({ subject }) => subject))];
  return [
    `## ${TITLES[kind]}`,
    "",
    ...subjects.flatMap((subject) => [
      `### ${subject}`,
      "",
      ...notes
        .filter((note) => note.subject === subject)
        .flatMap(({ text, line }) => [
          `- ${sentence(text)}`,
          ...(line === undefined ? [] : ["", "  ```", `  ${line}`, "  ```", ""]),
        ]),
      "",
    ]),
  ];
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}${/[.?!]$/.test(text) ? "" : "."}`;
}

/** In short, for the terminal. */
export function summaryText(plan: SystemPlan): string {
  const lines = (["taken", "left", "decide"] as const).flatMap((kind) => {
    const notes = plan.notes.of(kind);
    if (notes.length === 0) return [];
    return [
      `${TITLES[kind]}:`,
      ...notes.flatMap(({ subject, text, line }) => [
        `  ${subject}: ${text}`,
        ...(line === undefined ? [] : [`      ${line}`]),
      ]),
    ];
  });
  return `${lines.join("\n")}\n`;
}

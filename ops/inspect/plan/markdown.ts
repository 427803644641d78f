// The report as one Markdown comment for a pull request: verdicts on top, details folded, never over GitHub's limit.
import type { PreviewReport, ResourceChange, StackReport } from "./report.ts";
import type { Weight } from "./verdict.ts";

/** GitHub refuses a comment that is longer. Characters. */
export const COMMENT_LIMIT = 65_536;

const SIGNS: Readonly<Record<Weight, string>> = { stop: "🛑", warn: "⚠️", note: "ℹ️" };
const OPS: Readonly<Record<ResourceChange["op"], string>> = {
  create: "+",
  update: "~",
  replace: "±",
  delete: "-",
};

/** Invisible line by which the comment is found again, so that it is updated and never doubled. */
export function marker(project: string): string {
  return `<!-- tandem-preview:${project.replace(/[^\w.-]/g, "_")} -->`;
}

/** Text that can't become markup, a mention or a link, whatever it holds. */
export function plain(text: string): string {
  return text
    .replace(/[\\`*_[\]#|~]/g, (character) => `\\${character}`)
    .replaceAll("<", "&lt;")
    .replaceAll("@", "@\u200b")
    .replace(/\s*\n\s*/g, " ");
}

/**
 * A value as code: a fence longer than any run of backticks in it. In a table a bar would end the cell, and so would an
 * escaped bar behind a backslash of the value's own: the two are kept apart.
 */
export function code(text: string): string {
  const oneLine = text.replace(/\s+/g, " ").trim();
  if (oneLine === "") return "";
  const longest = Math.max(0, ...(oneLine.match(/`+/g) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  const pad = longest > 0 ? " " : "";
  const safe = oneLine.replaceAll("\\|", "\\\u200b|").replaceAll("|", "\\|");
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/** Is there nothing to tell but what each preview tells? Then a stack takes one line. */
export function isQuiet({ changes, risks }: Pick<StackReport, "changes" | "risks">): boolean {
  return changes.length === 0 && risks.every(({ kind }) => kind === "advice");
}

/** One line on a stack. */
function headline({ stack, ok, changes, risks, stop }: StackReport): string {
  if (!ok && changes.length === 0) return `### ${plain(stack)}: 🛑 the preview failed`;
  if (isQuiet({ changes, risks })) {
    return `**${plain(stack)}**: ${["no changes", ...risks.map(({ text }) => plain(text))].join("; ")}`;
  }
  const counts = (["create", "update", "replace", "delete"] as const)
    .map((op) => [op, changes.filter((change) => change.op === op).length] as const)
    .filter(([, count]) => count > 0)
    .map(([op, count]) => `${count} to ${op}`);
  const sign = stop ? " 🛑" : risks.some(({ weight }) => weight === "warn") ? " ⚠️" : "";
  return `### ${plain(stack)}:${sign} ${counts.join(", ") || "no changes"}`;
}

function details(change: ResourceChange): string {
  const head = `${OPS[change.op]} ${change.type} ${change.name}`;
  const lines = change.properties.map(({ path, before, after }) => `    ${path}: ${before} => ${after}`);
  return [head, ...lines].join("\n").replaceAll("```", "` ` `");
}

function stackPart(report: StackReport, room: number): string {
  if (report.ok && isQuiet(report)) return cut(headline(report), room);
  const risks = report.risks.map(({ weight, text }) => `- ${SIGNS[weight]} ${plain(text)}`);
  const head = [headline(report), ...(risks.length > 0 ? ["", ...risks] : [])].join("\n");
  if (report.changes.length === 0) return cut(head, room);
  const open = `\n\n<details><summary>${report.changes.length} resources</summary>\n\n\`\`\`diff\n`;
  const close = "\n```\n\n</details>";
  const left = room - head.length - open.length - close.length - 60;
  const lines: string[] = [];
  let length = 0;
  for (const change of report.changes) {
    const text = details(change);
    if (length + text.length + 1 > left) break;
    lines.push(text);
    length += text.length + 1;
  }
  if (lines.length === 0) return cut(head, room);
  const missing = report.changes.length - lines.length;
  const rest = missing > 0 ? `\n… and ${missing} more: see the run's log` : "";
  return `${head}${open}${lines.join("\n")}${rest}${close}`;
}

function cut(text: string, room: number): string {
  const note = "\n\n… cut: see the run's log";
  if (text.length <= room) return text;
  // At a line's end, so that no markup is left open.
  const short = text.slice(0, Math.max(0, room - note.length));
  return short.slice(0, Math.max(0, short.lastIndexOf("\n"))) + note;
}

function differencesPart({ stacks, differences }: PreviewReport, room: number): string {
  if (stacks.length < 2 || differences.length === 0) return "";
  const names = stacks.map(({ stack }) => stack);
  const head = `<details><summary>${differences.length} settings differ between ${names.map(plain).join(" and ")}</summary>\n\n`;
  const table = [
    `| setting | ${names.map(plain).join(" | ")} |`,
    `|---|${names.map(() => "---").join("|")}|`,
  ];
  const rows = differences.map(
    ({ key, values }) => `| ${code(key)} | ${names.map((name) => code(values[name] ?? "")).join(" | ")} |`,
  );
  const text = `${head}${[...table, ...rows].join("\n")}\n\n</details>`;
  return text.length <= room ? text : "";
}

/** Renders the comment; what has no room is left out with a word about it. */
export function renderMarkdown(report: PreviewReport, limit = COMMENT_LIMIT): string {
  const head = `${marker(report.project)}\n## Preview of ${plain(report.project)}\n\n`;
  const differences = differencesPart(report, Math.floor(limit / 4));
  const room = Math.floor((limit - head.length - differences.length - 10) / report.stacks.length) - 2;
  const parts = report.stacks.map((stack) => stackPart(stack, room));
  return `${head}${[...parts, ...(differences === "" ? [] : [differences])].join("\n\n")}\n`;
}

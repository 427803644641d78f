// When a job runs: cron text as crontab(5) has it, checked before anything is touched, and as supercronic takes it. What the
// two read in different ways is refused.
import { shown } from "../docker/values.ts";

/** A field: what it is called, its numbers, and names for them. */
interface Field {
  name: string;
  from: number;
  to: number;
  names?: readonly string[];
}

const SECOND: Field = { name: "second", from: 0, to: 59 };
const FIELDS: readonly Field[] = [
  { name: "minute", from: 0, to: 59 },
  { name: "hour", from: 0, to: 23 },
  { name: "day of the month", from: 1, to: 31 },
  {
    name: "month",
    from: 1,
    to: 12,
    names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
  },
  { name: "day of the week", from: 0, to: 6, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] },
];

/** Words for common times, each with its five fields. */
const WORDS: Readonly<Record<string, string>> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
  "@monthly": "0 0 1 * *",
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
};

const EXAMPLE =
  "write five fields, minute to day of the week, such as '15 3 * * *', or a word such as @daily";

/** What is wrong with the cron text; undefined where nothing is. */
export function schedule(value: unknown): string | undefined {
  if (typeof value !== "string") return `is ${shown(value)}; ${EXAMPLE}`;
  const text = value.trim();
  if (text.startsWith("@"))
    return Object.hasOwn(WORDS, text)
      ? undefined
      : `is ${shown(value)}; the words are ${Object.keys(WORDS).join(", ")}`;
  const parts = text.split(/\s+/);
  const fields = parts.length === 6 ? [SECOND, ...FIELDS] : FIELDS;
  if (parts.length !== fields.length)
    return `is ${shown(value)}, which has ${text === "" ? 0 : parts.length} fields; ${EXAMPLE}`;
  const wrong = fields.flatMap((field, index) => entryProblems(field, parts[index] ?? "")).at(0);
  if (wrong !== undefined) return `is ${shown(value)}: ${wrong}`;
  const problem = daysProblem(parts.slice(-3));
  return problem === undefined ? undefined : `is ${shown(value)}: ${problem}`;
}

/** The text as supercronic takes it: seven fields, from seconds to years; it takes `01` of a week for Sunday. */
export function crontabFields(text: string): string {
  const trimmed = text.trim();
  const parts = (WORDS[trimmed] ?? trimmed).toLowerCase().split(/\s+/);
  const all = [...(parts.length === 5 ? ["0"] : []), ...parts, "*"];
  return all.map((part) => part.replace(/\b0+(?=\d)/g, "")).join(" ");
}

/** What is wrong with days, months and days of the week together. */
function daysProblem([days = "*", months = "*", week = "*"]: string[]): string | undefined {
  if (days === "*") return undefined;
  // Crons take a `*` with more beside it for all days, or for some: then one of the two has to fit, or both.
  if (week !== "*")
    return `${days},${week}`.includes("*")
      ? "a day of the month beside a day of the week must have no '*' in it: not all crons read it alike; write numbers"
      : undefined;
  const [, , day, month] = FIELDS as [Field, Field, Field, Field, Field];
  const first = Math.min(...numbersOf(day, days));
  const most = Math.max(...numbersOf(month, months).map(daysIn));
  // Supercronic would look for the next time all the while.
  return first > most ? `no such month has a day ${first}, so it would never run` : undefined;
}

/** Days of a month, in a leap year. */
const daysIn = (month: number) => new Date(Date.UTC(2024, month, 0)).getUTCDate();

/** The numbers of a field that nothing is wrong with. */
function numbersOf(field: Field, text: string): number[] {
  const all = Array.from({ length: field.to - field.from + 1 }, (_, index) => field.from + index);
  return text.split(",").flatMap((entry) => {
    const [range = "", step = "1"] = entry.split("/");
    const ends = range === "*" ? [field.from, field.to] : range.split("-").map((end) => numberOf(field, end));
    const [first = field.from, last = first] = ends;
    return all.filter((each) => each >= first && each <= last && (each - first) % Number(step) === 0);
  });
}

function entryProblems(field: Field, text: string): string[] {
  return text.split(",").flatMap((entry) => entryProblem(field, entry) ?? []);
}

function entryProblem(field: Field, entry: string): string | undefined {
  const { name, from, to } = field;
  const [, range = "", step] = /^(.+?)(?:\/(\d+))?$/.exec(entry) ?? [];
  const most = `${from}-${to}`;
  if (step !== undefined && (Number(step) < 1 || Number(step) > to))
    return `the step of ${name}, ${step}, must be from 1 to ${to}`;
  if (range === "*") return undefined;
  const ends = range.split("-").map((end) => numberOf(field, end));
  const [first, last = first] = ends;
  if (ends.length > 2 || first === undefined || last === undefined)
    return `'${entry.slice(0, 20)}' is no ${name}: ${most}${field.names === undefined ? "" : ", or a name of three letters"}`;
  if (first < from || last > to) {
    const sunday = name === "day of the week" && last === 7 ? "; sunday is 0" : "";
    return `'${entry}' is no ${name}: ${most}${sunday}`;
  }
  if (ends.length === 2 && last < first)
    return `the range '${entry}' of ${name} goes backwards; write a list, such as ${first},${last}`;
  return ends.length === 1 && step !== undefined
    ? `'${entry}' has a step without a range; write ${range}-${to}/${step}`
    : undefined;
}

function numberOf({ names = [] }: Field, text: string): number | undefined {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const index = names.indexOf(text.toLowerCase());
  // Months count from 1, days of the week from 0.
  return index === -1 ? undefined : index + (names.length === 12 ? 1 : 0);
}

// Documents for programs: JSON, in which a member that has a new name keeps its old one for a version.

/** What a member was called before 0.2; both are written until 0.3. */
const BEFORE: Readonly<Record<string, string>> = { fix: "mend", gravity: "mending" };

/** A document as text. */
export function renderJson(document: unknown): string {
  const withOldNames = (_: string, value: unknown): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    const members = Object.entries(value);
    const old = members.flatMap(([name, member]) => (name in BEFORE ? [[BEFORE[name], member]] : []));
    return Object.fromEntries([...members, ...old]);
  };
  return `${JSON.stringify(document, withOldNames, 2)}\n`;
}

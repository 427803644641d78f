// A drift: something that is not as the program made it, and who may fix it.
import type { Gravity } from "../../../lib/resource-types.ts";

/** What one look found; several about the same subject become one drift. */
export interface Finding {
  /** What it is about, such as `container oracle_staging_redis`. */
  subject: string;
  /** What is wrong with it, in words, without a secret. */
  text: string;
  gravity: Gravity;
  /** Volume of the stack to which somebody else may write: nothing of the stack is started on it. */
  volume?: string;
  /** What a person does about it; without it `tandem drift <stack> --fix` does. */
  fix?: string;
}

/** A subject that drifted. */
export interface Drift {
  subject: string;
  details: string[];
  gravity: Gravity;
  fix: string[];
  /** What each detail is by itself: the gravest of them is the drift's. */
  findings: { text: string; gravity: Gravity }[];
  /** When a run saw it first, ISO 8601. */
  firstSeen: string;
}

const WEIGHT: Readonly<Record<Gravity, number>> = { safe: 0, person: 1, data: 2 };

/** Findings by subject: the gravest decides, what is data first. `seen` tells since when. */
export function driftsOf(findings: readonly Finding[], seen: (subject: string) => string): Drift[] {
  const bySubject = new Map<string, Finding[]>();
  for (const finding of findings) {
    bySubject.set(finding.subject, [...(bySubject.get(finding.subject) ?? []), finding]);
  }
  const drifts = [...bySubject].map(([subject, all]): Drift => {
    const worst = all.toSorted((a, b) => WEIGHT[b.gravity] - WEIGHT[a.gravity])[0] as Finding;
    return {
      subject,
      details: [...new Set(all.map(({ text }) => text))].sort(),
      gravity: worst.gravity,
      fix: [...new Set(all.flatMap(({ fix }) => fix ?? []))].sort(),
      findings: all.map(({ text, gravity }) => ({ text, gravity })),
      firstSeen: seen(subject),
    };
  });
  return drifts.sort((a, b) => WEIGHT[b.gravity] - WEIGHT[a.gravity] || a.subject.localeCompare(b.subject));
}

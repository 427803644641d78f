// A drift: something that is not as the program made it, and who may mend it.

/**
 * Who may mend a drift: `safe` is mended by the next update and touches no data; `person` is nothing that an update
 * knows, so somebody must look; `data` is or holds data.
 */
export type Mending = "safe" | "person" | "data";

/** What one look found; several about the same subject become one drift. */
export interface Finding {
  /** What it is about, such as `container oracle_staging_redis`. */
  subject: string;
  /** What is wrong with it, in words, without a secret. */
  text: string;
  mending: Mending;
  /** Volume of the stack to which somebody else may write: nothing of the stack is started on it. */
  volume?: string;
  /** What a person does about it; without it `tandem drift <stack> --fix` does. */
  mend?: string;
}

/** A subject that drifted. */
export interface Drift {
  subject: string;
  details: string[];
  mending: Mending;
  mend: string[];
  /** What each detail is by itself: the gravest of them is the drift's. */
  findings: { text: string; mending: Mending }[];
  /** When a run saw it first, ISO 8601. */
  firstSeen: string;
}

const WEIGHT: Readonly<Record<Mending, number>> = { safe: 0, person: 1, data: 2 };

/** Findings by subject: the gravest decides, what is data first. `seen` tells since when. */
export function driftsOf(findings: readonly Finding[], seen: (subject: string) => string): Drift[] {
  const bySubject = new Map<string, Finding[]>();
  for (const finding of findings) {
    bySubject.set(finding.subject, [...(bySubject.get(finding.subject) ?? []), finding]);
  }
  const drifts = [...bySubject].map(([subject, all]): Drift => {
    const worst = all.toSorted((a, b) => WEIGHT[b.mending] - WEIGHT[a.mending])[0] as Finding;
    return {
      subject,
      details: [...new Set(all.map(({ text }) => text))].sort(),
      mending: worst.mending,
      mend: [...new Set(all.flatMap(({ mend }) => mend ?? []))].sort(),
      findings: all.map(({ text, mending }) => ({ text, mending })),
      firstSeen: seen(subject),
    };
  });
  return drifts.sort((a, b) => WEIGHT[b.mending] - WEIGHT[a.mending] || a.subject.localeCompare(b.subject));
}

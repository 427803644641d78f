// Section 5 of the CIS Docker Benchmark 1.7.0, which is about running containers: what no rule of this pack checks, and why. All
// other numbers of the section stand at the rules; a test sees to it that none is left out.

/** Numbers of the section: 5.1 to 5.32. */
export const CIS_SECTION = Array.from({ length: 32 }, (_, index) => `5.${index + 1}`);

/** A recommendation that isn't checked. */
export interface Unchecked {
  number: string;
  /** What it asks for. */
  topic: string;
  /** Why no rule can or needs to check it. */
  why: string;
}

/** What is not checked. */
export const UNCHECKED: readonly Unchecked[] = [
  {
    number: "5.1",
    topic: "Swarm mode is off where it isn't needed",
    why: "A setting of the Docker daemon, not of a container. Tandem never switches it on.",
  },
  {
    number: "5.21",
    topic: "The host's UTS name space isn't shared",
    why: "Neither the Docker provider nor Tandem's own has an input for it, so each container has its own; a test notices when the Docker provider gets one.",
  },
  {
    number: "5.23",
    topic: "`docker exec` isn't run with --privileged",
    why: "What a person runs on the host is in no program. Tandem's own commands never ask for it.",
  },
  {
    number: "5.24",
    topic: "`docker exec` isn't run as root",
    why: "As above. Tandem's own commands run as the container's user, which `non-root` checks; but for one: a route's files are put in place in the gateway as its root, since the gateway's own user can't change its configuration.",
  },
];

/** Where a rule asks for something else than the benchmark, by number. */
export const DEVIATIONS: Readonly<Record<string, string>> = {
  "5.12":
    "The benchmark asks for CPU shares, a priority; here it is a limit, which holds on an idle host, too.",
  "5.15": "The benchmark asks for on-failure with 5 tries, which doesn't survive a restart of the host.",
  "5.28": "The benchmark asks for the newest image at each command; here it is the one that was reviewed.",
};

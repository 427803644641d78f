// Labels by which a container, a volume or a network of Tandem is known.

/** Names of the labels. */
export const labels = {
  /** The system that it is part of. */
  system: "tandem.system",
  /** Its environment, the stack's name. */
  environment: "tandem.environment",
  /** Its role in the environment, such as a service's name. */
  component: "tandem.component",
  /** Says that it runs a migration to its end: it is no version of the service, whose labels it has. */
  migration: "tandem.migration",
  /** The service whose jobs it runs at their times. */
  jobsOf: "tandem.jobs-of",
} as const;

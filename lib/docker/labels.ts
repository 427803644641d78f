// Labels by which a container of Tandem is known.

/** The system that it is part of. */
export const SYSTEM = "tandem.system";
/** Its environment, the stack's name. */
export const ENVIRONMENT = "tandem.environment";
/** Its role in the environment, such as a service's name. */
export const COMPONENT = "tandem.component";
/** Says that it runs a migration to its end: it is no version of the service, whose labels it has. */
export const MIGRATION = "tandem.migration";

// Whether registries are asked what a tag means by now: the switch, which a command that brings nothing new sets by itself.

/** Variable of the environment; `unasked` leaves every registry alone. */
export const REGISTRY_VARIABLE = "TANDEM_REGISTRY";

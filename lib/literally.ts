// A text as a part of a regular expression that means nothing but itself. (Node has RegExp.escape from version 24 on.)

/** Escapes what means something in a pattern. */
export function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}

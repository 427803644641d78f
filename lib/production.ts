// Which stack counts as production, for guards and policies alike.

/** @param word what the stack itself says (`tandem:policies.production`) @default is its name `production` or `prod`? */
export function isProduction(stack: string, word?: boolean): boolean {
  return word ?? (stack === "production" || stack === "prod");
}

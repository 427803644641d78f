// What Blue Banded Bee's providers ask a month for one environment, as its team's plan estimates it.
import type { PriceLine } from "tandem/settings";

/** US dollars. */
export const PRICES: PriceLine[] = [
  { item: "database plan", per: "managedDatabase", from: 25, to: 25 },
  { item: "database compute", per: "managedDatabase", from: 10, to: 15 },
  { item: "machine", per: "container", of: "app", from: 20, to: 30 },
];

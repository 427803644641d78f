// The price table of a system: what its providers ask a month, by what runs. Read by `tandem cost`.
import { z } from "zod";
import { setting } from "./define.ts";
import { describe, setExample, Wrong } from "./issue.ts";
import { described, kind, metaOf, report } from "./kind.ts";
import { asNumber, choice, name, text } from "./scalars.ts";
import { list, optionally, section } from "./structures.ts";

/** What a price is counted by: whole CPUs and GiB of memory are those of the containers' limits. */
export const PRICED_BY = ["environment", "managedDatabase", "container", "cpu", "memoryGib"] as const;

/** One price; money is in the table's currency, a month. */
export interface PriceLine {
  /** What the provider calls it. */
  item: string;
  /** What it is asked for each of. */
  per: (typeof PRICED_BY)[number];
  /** Containers of this component only. @default those of all */
  of?: string | undefined;
  /** The least that it costs … */
  from: number;
  /** … and the most. The same where the price is fixed. */
  to: number;
}

/** Most that one thing costs a month. */
const MOST = 1_000_000;

/** An amount of money, with two decimals at most; may come as text. */
function amount(): z.ZodType<number> {
  return kind({ kind: "amount", type: "string", example: "25" }, (value) => {
    const number = asNumber(value, "25");
    if (number instanceof Wrong) return number;
    const cents = Math.round(number * 100);
    if (number >= 0 && number <= MOST && Math.abs(number * 100 - cents) < 1e-6) return cents / 100;
    const reason = `${describe(value)} is no price: 0 to ${MOST}, with two decimals at most`;
    return new Wrong("out-of-range", reason, [setExample("25")]);
  });
}

function priceLine(): z.ZodType<PriceLine> {
  const line = section({
    item: text({ max: 60, example: "database plan" }),
    per: choice(...PRICED_BY),
    of: optionally(name("app")),
    from: amount(),
    to: amount(),
  });
  const ordered = line.transform((value, context): PriceLine => {
    if (value.to >= value.from) return value;
    const reason = `is ${value.to}, less than its \`from\`, ${value.from}`;
    report(context, ["to"], new Wrong("out-of-range", reason, [setExample(String(value.from))]));
    return z.NEVER;
  });
  return described(ordered, metaOf(line));
}

/** The price table, with the prices where a stack names none. */
export function priceSettings(prices: readonly PriceLine[], currency = "USD") {
  return {
    currency: setting(
      text({ max: 3, pattern: /^[A-Z]{3}$/, form: "a currency's three letters", example: "USD" }),
      { description: "Currency of the prices.", default: currency },
    ),
    prices: setting(list(priceLine()), {
      description: `What the providers ask a month, a list of {item, per, of, from, to}; per is one of ${PRICED_BY.join(", ")}, of a component.`,
      default: prices,
    }),
  };
}

// Cron text: what is taken, how supercronic gets it, and what is said of the rest.
import { describe, expect, it } from "vitest";
import { crontabFields, schedule } from "./schedule.ts";

describe("cron text", () => {
  it.each([
    ["15 3 * * *", "0 15 3 * * * *"],
    ["  */5 0-23/2 1,15 JAN-MAR mon-fri ", "0 */5 0-23/2 1,15 jan-mar mon-fri *"],
    ["*/2 * * * * *", "*/2 * * * * * *"],
    ["0 0 29 2 *", "0 0 0 29 2 * *"],
    ["@daily", "0 0 0 * * * *"],
    ["@midnight", "0 0 0 * * * *"],
    ["@weekly", "0 0 0 * * 0 *"],
    // Supercronic takes `01` for Sunday.
    ["05 03 09 08 01", "0 5 3 9 8 1 *"],
    ["00 10 */02 * *", "0 0 10 */2 * * *"],
    ["0 0 1,15 * mon", "0 0 0 1,15 * mon *"],
    ["0 0 29-31 feb *", "0 0 0 29-31 feb * *"],
    ["0 0 31 4-7/2,5 *", "0 0 0 31 4-7/2,5 * *"],
  ])("takes %s", (text, fields) => {
    expect(schedule(text)).toBeUndefined();
    expect(crontabFields(text)).toBe(fields);
  });

  it.each([
    ["", /has 0 fields; write five fields/],
    ["3 * * *", /has 4 fields/],
    ["* * * * * * *", /has 7 fields/],
    ["60 * * * *", /'60' is no minute: 0-59/],
    ["0 24 * * *", /'24' is no hour: 0-23/],
    ["0 0 0 * *", /'0' is no day of the month: 1-31/],
    ["0 0 * * 7", /'7' is no day of the week: 0-6; sunday is 0/],
    ["0 0 * * fri-mon", /goes backwards; write a list, such as 5,1/],
    ["0 0 * foo *", /'foo' is no month: 1-12, or a name of three letters/],
    ["5/10 * * * *", /has a step without a range; write 5-59\/10/],
    ["*/0 * * * *", /step of minute, 0, must be from 1 to 59/],
    ["0 0 30 2 *", /no such month has a day 30, so it would never run/],
    ["0 0 31 apr,jun *", /never run/],
    ["0 0 30,31 2 *", /no such month has a day 30, so it would never run/],
    ["0 0 30-31 2 *", /never run/],
    ["0 0 31 2-2 *", /never run/],
    ["0 0 31 4-6/2,sep *", /never run/],
    ["0 0 0 30-31 2 *", /never run/],
    ["0 0 */2 * mon", /a day of the month beside a day of the week must have no '\*'/],
    ["0 0 1,* * mon", /not all crons read it alike/],
    ["0 0 1 * */2", /a day of the month beside a day of the week/],
    ["0 0 L * *", /'L' is no day of the month/],
    ["@reboot", /the words are @hourly, @daily/],
    ["@constructor", /the words are/],
    ["* * * * *\nevil", /has 6 fields|is no day of the week/],
    [undefined, /is missing; write five fields/],
    [15, /is 15; write five fields/],
  ])("refuses %s", (text, said) => {
    expect(schedule(text)).toMatch(said);
  });
});

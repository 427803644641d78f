// Times all ten environments of the five systems on one machine: up from nothing, up again, down; and weighs them.
//
//   node bench/all-systems.ts        needs a machine that `./tandem setup` has prepared
import { AllSystems, type Timed } from "../tests/support/all-systems.ts";
import { figure, writeResult } from "./results.ts";

const FIRST = "first `up` of an environment";

const all = await AllSystems.create();
try {
  const seconds = async (work: () => Promise<Timed[]>) => {
    const begin = performance.now();
    const took = (await work()).map((each) => each.seconds);
    return { took, whole: (performance.now() - begin) / 1000 };
  };
  const first = await seconds(() => all.up());
  const { containers, mib } = await all.memory();
  const again = await seconds(() => all.up());
  const down = await seconds(() => all.down());
  const whole = (value: number) => `${value.toFixed(0)} s`;
  writeResult("all-systems", {
    title: "Ten environments of five systems on one machine",
    rounds: 1,
    manner: "round, two commands at a time",
    base: FIRST,
    figures: [
      figure(FIRST, first.took),
      figure("`up` again, nothing to change", again.took),
      figure("`down`, data kept", down.took),
    ],
    extra: {
      "all ten up, and Lugh's shared servers": whole(first.whole),
      "all ten up again": whole(again.whole),
      "all ten down": whole(down.whole),
      containers: String(containers),
      "memory of all containers, without page cache": `${mib.toFixed(0)} MiB`,
    },
  });
} finally {
  await all.remove();
}

// Two stacks on one shared tunnel, at the same time, on an emulated Cloudflare under a virtual clock: deploys, refreshes,
// destroys and killed runs at random moments, with slow, stale, limited and faulty answers. A seed repeats a simulation.
import { isDeepStrictEqual } from "node:util";
import type { Properties } from "../../plugin/values.ts";
import { CloudflareApi } from "../../provider/cloudflare/api.ts";
import { ingressRule } from "../../provider/cloudflare/ingress-rule.ts";
import { CloudflareEmulator } from "./cloudflare-emulator/emulator.ts";
import { addTunnel, rulesOf, writeConfiguration } from "./cloudflare-emulator/tunnels.ts";
import type { Rule } from "./cloudflare-emulator/types.ts";
import { contextOf, type Logged } from "./emulated-api.ts";
import { randomFrom, VirtualClock } from "./virtual-clock.ts";

/** Hostnames of the two stacks; every other rule is foreign. */
const HOSTNAMES = {
  staging: ["staging.example.com", "api.staging.example.com"],
  production: ["example.com", "www.example.com"],
};
const OWN = Object.values(HOSTNAMES).flat();

const FOREIGN: readonly Rule[] = [
  { hostname: "grafana.example.com", service: "http://10.0.0.5:3000", originRequest: {} },
  { hostname: "shop.example.com", path: "^/api", service: "http://10.0.0.6:8080" },
  { hostname: "shop.example.com", service: "https://10.0.0.6", originRequest: { noTLSVerify: true } },
  { hostname: "ssh.example.com", service: "ssh://10.0.0.7:22", originRequest: {} },
  { hostname: "*.example.com", service: "http://10.0.0.8:80" },
  { hostname: "", path: "^/health$", service: "http_status:200" },
];

/** How a simulation went. */
export interface Outcome {
  /** What was wrong, with the moment; empty if nothing. */
  readonly problems: readonly string[];
  readonly operations: number;
  readonly killed: number;
  readonly writes: number;
  /** Changes by others that an operation said to have overwritten. */
  readonly overwritten: number;
}

/** What a simulation may do beyond two stacks' operations. */
export interface Options {
  /**
   * Whether somebody changes foreign rules in the dashboard meanwhile. Then no run is killed: a dead one can't say what it
   * overwrote. @default false
   */
  readonly byHand?: boolean;
}

/** One hostname's rule of a stack, as Pulumi's state knows it. */
interface Kept {
  readonly id: string;
  readonly outputs: Properties;
}

class Simulation {
  readonly #random: () => number;
  readonly #clock: VirtualClock;
  readonly #emulator: CloudflareEmulator;
  readonly #tunnelId: string;
  readonly #logged: Logged[] = [];
  readonly #wanted = new Map<string, string>();
  #foreign: readonly Rule[];
  #operations = 0;
  #killed = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
    this.#clock = new VirtualClock(seed + 1);
    const any = this.#random;
    this.#emulator = new CloudflareEmulator(
      {
        latency: any() * 600,
        staleness: any() * 900,
        limit: any() < 0.5 ? Number.POSITIVE_INFINITY : 6,
        faults: any() < 0.5 ? 0 : any() * 0.15,
      },
      this.#clock,
    ).allow("token");
    const catchAll = { service: any() < 0.5 ? "http_status:404" : "http://10.0.0.9:80" };
    this.#foreign = [...FOREIGN.filter(() => any() < 0.7), catchAll];
    const { world, account } = this.#emulator;
    this.#tunnelId = addTunnel(world, account, "shared", []).id;
    writeConfiguration(world, this.#tunnelId, { ingress: this.#foreign, "warp-routing": { enabled: true } });
  }

  async run({ byHand = false }: Options): Promise<Outcome> {
    const stacks = Object.values(HOSTNAMES).map((hostnames) => this.#stack(hostnames, !byHand));
    const hand = byHand ? this.#hand() : Promise.resolve(0);
    const [edits] = await this.#clock.run(Promise.all([hand, ...stacks]));
    const warnings = this.#logged.reduce((sum, { message }) => sum + overwrittenIn(message), 0);
    const problems = byHand ? this.#end(edits, warnings) : [...this.#everyVersion(), ...this.#end(0, 0)];
    return {
      problems,
      operations: this.#operations,
      killed: this.#killed,
      writes: this.#emulator.world.configurations.history(this.#tunnelId).length,
      overwritten: warnings,
    };
  }

  /** The life of a stack: its hostnames come and go, one operation after the other or at once, as in an `up`. */
  async #stack(hostnames: readonly string[], kills: boolean): Promise<void> {
    const used = hostnames.filter((_, i) => i === 0 || this.#random() < 0.5);
    await Promise.all(used.map((hostname) => this.#life(hostname, kills)));
  }

  async #life(hostname: string, kills: boolean): Promise<void> {
    let kept: Kept | undefined;
    const steps = 2 + Math.floor(this.#random() * 4);
    for (let step = 0; step < steps; step++) {
      await this.#clock.sleep(this.#random() * 3_000);
      const dice = this.#random();
      const service = `http://10.1.0.1:${3000 + Math.floor(this.#random() * 3)}`;
      if (kept && dice < 0.3) kept = await this.#destroy(kept);
      else if (kept && dice < 0.5) kept = await this.#refresh(kept);
      else if (kills && dice < 0.6) {
        await this.#kill(hostname, service, kept);
        kept = await this.#up(hostname, service, kept);
      } else kept = await this.#up(hostname, service, kept);
      if (kept) this.#wanted.set(hostname, String(kept.outputs.service));
      else this.#wanted.delete(hostname);
    }
  }

  #inputs(hostname: string, service: string): Properties {
    return { accountId: this.#emulator.account, tunnelId: this.#tunnelId, hostname, service, inForce: true };
  }

  /** A process of its own for each operation, as with the real engine. */
  #context(fetch = this.#emulator.fetch) {
    const api = new CloudflareApi({ apiToken: "token" }, { fetch, clock: this.#clock });
    return contextOf({ cloudflare: async () => api }, this.#logged);
  }

  async #up(hostname: string, service: string, kept: Kept | undefined): Promise<Kept> {
    return this.#again(async (tried) => {
      const inputs = this.#inputs(hostname, service);
      if (!kept) return ingressRule.create({ inputs }, this.#context());
      const known = tried === 0 ? kept : ((await this.#refresh(kept)) ?? kept);
      const request = { id: kept.id, olds: known.outputs, oldInputs: {}, inputs };
      const outputs = await ingressRule.update?.(request, this.#context());
      return { id: kept.id, outputs: outputs ?? {} };
    });
  }

  async #refresh(kept: Kept): Promise<Kept | undefined> {
    return this.#again(() => ingressRule.read?.({ ...kept, inputs: {} }, this.#context()));
  }

  async #destroy(kept: Kept): Promise<undefined> {
    await this.#again(() => ingressRule.delete({ ...kept, inputs: {} }, this.#context()));
  }

  /** An `up` that is killed after some requests: nothing is answered to it any more, and its state is lost. */
  async #kill(hostname: string, service: string, kept: Kept | undefined): Promise<void> {
    let left = 1 + Math.floor(this.#random() * 6);
    const dead: Promise<never> = new Promise(() => {});
    const fetch: CloudflareEmulator["fetch"] = (input, init) => {
      left--;
      // The last request still arrives; its answer doesn't.
      if (left === 0) void this.#emulator.fetch(input, init).catch(() => {});
      return left > 0 ? this.#emulator.fetch(input, init) : dead;
    };
    const ctx = this.#context(fetch);
    const inputs = this.#inputs(hostname, service);
    const work = kept
      ? ingressRule.update?.({ id: kept.id, olds: kept.outputs, oldInputs: {}, inputs }, ctx)
      : ingressRule.create({ inputs }, ctx);
    this.#killed++;
    void Promise.resolve(work).catch(() => {});
    await this.#clock.sleep(this.#random() * 4_000);
  }

  /** Does an operation, and again when it failed: what a team does. */
  async #again<T>(work: (tried: number) => Promise<T> | T): Promise<T> {
    this.#operations++;
    for (let tried = 0; ; tried++) {
      try {
        return await work(tried);
      } catch (error) {
        if (tried === 8) throw error;
      }
    }
  }

  /** Somebody in the dashboard, who adds rules, takes them out and moves them. @returns how often */
  async #hand(): Promise<number> {
    const edits = 1 + Math.floor(this.#random() * 4);
    for (let i = 0; i < edits; i++) {
      await this.#clock.sleep(this.#random() * 5_000);
      const { world } = this.#emulator;
      const now = world.configurations.read(this.#tunnelId);
      const rules = now ? rulesOf(now) : [];
      const added: Rule = { hostname: `by-hand-${i}.example.org`, service: "http://10.0.0.10" };
      writeConfiguration(world, this.#tunnelId, { ...now?.config, ingress: [added, ...rules] });
      this.#foreign = [added, ...this.#foreign];
    }
    return edits;
  }

  /** No version that ever was may lack a foreign rule, have them in another order, or not end with the last rule. */
  #everyVersion(): string[] {
    const history = this.#emulator.world.configurations.history(this.#tunnelId).slice(2);
    return history.flatMap((seen) => {
      const rules = rulesOf(seen);
      const foreign = rules.filter(({ hostname }) => !OWN.includes(hostname ?? ""));
      const kept = isDeepStrictEqual(foreign, this.#foreign);
      const warp = isDeepStrictEqual((seen.config as { [key: string]: unknown })["warp-routing"], {
        enabled: true,
      });
      const twice = new Set(rules.map(({ hostname, path }) => `${hostname} ${path}`)).size !== rules.length;
      const ok = kept && warp && !twice && isDeepStrictEqual(rules.at(-1), this.#foreign.at(-1));
      return ok ? [] : [`version ${seen.version}: ${JSON.stringify(rules)}`];
    });
  }

  /** At the end every own rule is as its stack left it, and in force; foreign ones are there unless it was said. */
  #end(edits: number, warnings: number): string[] {
    const { world } = this.#emulator;
    const now = world.configurations.read(this.#tunnelId);
    const rules = now ? rulesOf(now) : [];
    const own = OWN.filter((hostname) => {
      const first = rules.find(
        (rule) =>
          !rule.path && (rule.hostname === hostname || !rule.hostname || matches(rule.hostname, hostname)),
      );
      const service = first?.hostname === hostname ? first.service : undefined;
      return service !== this.#wanted.get(hostname);
    }).map((hostname) => `${hostname} is not ${this.#wanted.get(hostname)}: ${JSON.stringify(rules)}`);
    const foreign = rules.filter(({ hostname }) => !OWN.includes(hostname ?? ""));
    const lost = this.#foreign.filter((rule) => !foreign.some((other) => isDeepStrictEqual(other, rule)));
    const inOrder = isDeepStrictEqual(
      foreign,
      this.#foreign.filter((rule) => !lost.includes(rule)),
    );
    const silent = lost.length > warnings || lost.length > edits || !inOrder;
    return silent
      ? [...own, `lost ${JSON.stringify(lost)}, ${warnings} said: ${JSON.stringify(foreign)}`]
      : own;
  }
}

function matches(pattern: string, hostname: string): boolean {
  return pattern.startsWith("*.") && hostname.endsWith(pattern.slice(1));
}

/** How many changes of others a message says to have overwritten: the versions between the two that it names. */
function overwrittenIn(message: string): number {
  const named = /reading version (\d+) and writing version (\d+): what they did is overwritten/.exec(message);
  return named === null ? 0 : Number(named[2]) - Number(named[1]) - 1;
}

/** Runs one simulation. */
export function simulate(seed: number, options: Options = {}): Promise<Outcome> {
  return new Simulation(seed).run(options);
}

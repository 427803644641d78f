// The docs page of the policies, made from the pack itself: `node policies/page.ts > docs/policies.md`.
import { CIS_SECTION, DEVIATIONS, UNCHECKED } from "./cis.ts";
import { rules } from "./pack.ts";
import type { Group, Rule } from "./rule.ts";
import { POLICIES_KEY } from "./settings.ts";

const headings: Readonly<Record<Group, string>> = {
  names: "Names and labels",
  isolation: "Isolation",
  ports: "Ports",
  limits: "Limits",
  hardening: "Hardening",
  images: "Images",
  data: "Data",
  databases: "Databases",
  effects: "Effects",
};

const INTRODUCTION = `# Policies

<!-- Made by \`node policies/page.ts\`; a test keeps it current. -->

Each \`./tandem preview\` and \`./tandem up\` checks what the program asks for against the rules below, before anything is made. A
mandatory rule that is broken stops the run, an advisory one is a warning. Plain Pulumi checks them where it is told to:

\`\`\`sh
pulumi preview -s staging --policy-pack policies/pulumi-analyzer-tandem
\`\`\`

The pack is an executable that speaks the engine's protocol by itself: on Pulumi's policy SDK it took twice the time, at each
preview and each update. A stack's own words for it stand in its file:

\`\`\`yaml
config:
  ${POLICIES_KEY}:
    levels: # mandatory, advisory or disabled, per rule
      digest-in-production: mandatory
    publish: ["0.0.0.0:3100"] # ports that the world may reach
    host: { name: server-1, cpus: 8, memoryMb: 8192 } # the server that it is for
    budget: { cpus: 3, memoryMb: 2048, pids: 1000 } # this environment's share of it
    names: ["aiia_prod_"] # beginnings of its names besides <system>_<environment>_
    foreign: ["proxy_network"] # networks and volumes of others that it may use
    liveEffects: ["CALL_CUSTOMERS"] # switches of its own that only production may turn on
    production: true # without it: is the stack's name production or prod?
\`\`\`

What is known only after an update, such as a variable made from a new password, is looked at during the \`up\`; the preview says
nothing about it. Mistakes in these settings are a violation of \`policy-settings\`. Numbers of the CIS Docker Benchmark are those of
version 1.7.0; all of its section 5 is [below](#cis-docker-benchmark-section-5).

## Shares of a server

Limits are held in two steps. An environment's own limits must fit its \`budget\`: that is the policy \`host-budget\`, at each preview and \`up\`. The
budgets of all stacks of the system that give \`host\` the same name must fit that server together: no stack's own run sees the
others, so \`./tandem\` looks at their files before it starts, and refuses with \`over-budget\` and the command that fixes it. A stack
without a budget counts with what its limits add up to.

Where no \`host\` is named, the sum of the limits is compared with what Docker says of its machine, CPUs and memory, as a warning. Where
one is named, a Docker with less memory than the limits add up to is warned of all the same, since its kernel ends processes then;
with fewer CPUs everything is slower and nothing else.

Each stack of this repository names both, with room for the container that a deploy starts beside the old one. Change them to
your server's: of the five systems' own documents only Blue Banded Bee's tells a size, one CPU and 1 GB for the app. The other sizes are what
the limits need. Environments of different systems on one server are not added up, nor what else runs there; plain \`pulumi\`
looks at \`host-budget\` alone.
`;

function row({ name, title, reason, fix, cis, level }: Rule): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return `| \`${name}\` | ${cell(title)} ${cell(reason)} | ${cell(fix)} | ${cis ?? ""} | ${level} |`;
}

/** The page. */
export function renderPage(): string {
  const groups = Object.entries(headings).map(([group, heading]) => {
    const rows = rules.filter((rule) => rule.group === group).map(row);
    return `\n## ${heading}\n\n| policy | what and why | fix | CIS | level |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `${INTRODUCTION}${groups.join("")}${benchmark()}`;
}

/** Numbers of the benchmark that a rule checks. */
export function numbersOf({ cis }: Rule): string[] {
  return cis === undefined ? [] : cis.split(", ");
}

function benchmark(): string {
  const lines = CIS_SECTION.map((number) => {
    const checking = rules
      .filter((rule) => numbersOf(rule).includes(number))
      .map(({ name }) => `\`${name}\``);
    const unchecked = UNCHECKED.find((one) => one.number === number);
    const note =
      unchecked === undefined ? (DEVIATIONS[number] ?? "") : `${unchecked.topic}. ${unchecked.why}`;
    return `| ${number} | ${checking.length === 0 ? "none" : checking.join(", ")} | ${note} |`;
  });
  return `\n## CIS Docker Benchmark, section 5\n\n| number | policy | note |\n|---|---|---|\n${lines.join("\n")}\n`;
}

if (import.meta.main) process.stdout.write(renderPage());

// The docs page of the policies, made from the pack itself: `node policies/page.ts > docs/policies.md`.
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

The pack is an executable on @pulumi/policy: the set-up bundles it, so that it starts in 0.2 s and not in the 0.55 s that the
whole SDK takes. A stack's own words for it stand in its file:

\`\`\`yaml
config:
  ${POLICIES_KEY}:
    levels: # mandatory, advisory or disabled, per rule
      digest-in-production: mandatory
    publish: ["0.0.0.0:3100"] # ports that the world may reach
    budget: { cpus: 3, memoryMb: 2048, pids: 1000 } # this environment's share of its host
    names: ["aiia_prod_"] # beginnings of its names besides <system>_<environment>_
    foreign: ["proxy_network"] # networks and volumes of others that it may use
    liveEffects: ["CALL_CUSTOMERS"] # switches of its own that only production may turn on
    production: true # without it: is the stack's name production or prod?
\`\`\`

What is known only after an update, such as a variable made from a new password, is looked at during the \`up\`; the preview says
nothing about it. Mistakes in these settings are a violation of \`policy-settings\`. The budget is checked where it is set.
Numbers of the CIS Docker Benchmark are those of version 1.7.0.
`;

function row({ name, title, reason, mend, cis, level }: Rule): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  return `| \`${name}\` | ${cell(title)} ${cell(reason)} | ${cell(mend)} | ${cis ?? ""} | ${level} |`;
}

/** The page. */
export function renderPage(): string {
  const groups = Object.entries(headings).map(([group, heading]) => {
    const rows = rules.filter((rule) => rule.group === group).map(row);
    return `\n## ${heading}\n\n| policy | what and why | mending | CIS | level |\n|---|---|---|---|---|\n${rows.join("\n")}\n`;
  });
  return `${INTRODUCTION}${groups.join("")}`;
}

if (import.meta.main) process.stdout.write(renderPage());

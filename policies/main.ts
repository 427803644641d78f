// Entry point of the policy pack as an executable: `pulumi preview --policy-pack policies/pulumi-analyzer-tandem`. The SDK
// wants the policies before it serves, the stack's config comes after: a proxy answers the engine first.
import policy from "@pulumi/policy";
import { whenParentIsGone } from "../lib/plugin/process.ts";
import { PolicyProxy } from "../toolchain/language-host/policy-proxy.ts";
import { PACK_NAME, policiesFor, rules } from "./pack.ts";
import { readPolicySettings } from "./settings.ts";

/** Starts the SDK's server and returns its port, which it prints for the engine. */
function servePack(policies: policy.Policies): Promise<number> {
  return new Promise((resolve) => {
    const print = console.log;
    console.log = (port: string) => {
      console.log = print;
      resolve(Number(port));
    };
    new policy.PolicyPack(PACK_NAME, { policies });
  });
}

async function start(): Promise<void> {
  const proxy = await PolicyProxy.start();
  process.stdout.write(`${proxy.port}\n`);
  const configured = await proxy.configuration;
  const system = configured?.getProject() ?? "";
  const environment = configured?.getStack() ?? "";
  const config = Object.fromEntries(configured?.getConfigMap().toArray() ?? []);
  const names = rules.map(({ name }) => name);
  const { settings, problems } = readPolicySettings(config, environment, names);
  await proxy.attach(await servePack(policiesFor({ system, environment, settings }, problems)));
}

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
whenParentIsGone(() => process.exit(0));
void start();

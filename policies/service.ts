// Answers the engine's calls to a policy pack. Its own server and not @pulumi/policy's: that decodes each resource anew for
// each policy, wants the stack's config before it can start, and cost a deploy's two runs half a second.
import grpc from "@grpc/grpc-js";
import analyzerGrpc, { type IAnalyzerServer } from "@pulumi/pulumi/proto/analyzer_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/analyzer_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import project from "../package.json" with { type: "json" };
import { Attachable } from "../plugin/attachable.ts";
import { decode } from "../plugin/values.ts";
import { PACK_NAME, type Policy, policiesFor, rules } from "./pack.ts";
import { type Finding, type Subject, types } from "./rule.ts";
import { readPolicySettings } from "./settings.ts";

/** Levels by which a policy can be set, as the protocol numbers them. */
const LEVELS = {
  advisory: pb.EnforcementLevel.ADVISORY,
  mandatory: pb.EnforcementLevel.MANDATORY,
  disabled: pb.EnforcementLevel.DISABLED,
} as const;
type Level = keyof typeof LEVELS;

/** What the engine orders. No rule fixes by itself, so that what is to be fixed is at least stopped. */
function levelOrdered(ordered: number): Level | undefined {
  if (ordered === pb.EnforcementLevel.REMEDIATE) return "mandatory";
  return (Object.keys(LEVELS) as Level[]).find((level) => LEVELS[level] === ordered);
}

const ruleNames = rules.map(({ name }) => name);
const ruleTypes: ReadonlySet<string> = new Set(Object.values(types));

/** What the calls about single resources and about all of them have in common. */
interface Described {
  getType(): string;
  getName(): string;
  getUrn(): string;
  getProperties: pb.AnalyzeRequest["getProperties"];
  getOptions: pb.AnalyzeRequest["getOptions"];
}

/** A resource without the marks of secrets: rules never repeat a value that may be one. */
function subjectOf(resource: Described): Subject {
  return {
    type: resource.getType(),
    name: resource.getName(),
    urn: resource.getUrn(),
    facts: decode(resource.getProperties()).values,
    protected: resource.getOptions()?.getProtect() ?? false,
  };
}

function unary<Req, Res>(work: (request: Req) => Res): grpc.handleUnaryCall<Req, Res> {
  return (call, callback) => {
    try {
      callback(null, work(call.request));
    } catch (error) {
      const details = error instanceof Error ? error.message : String(error);
      callback({ code: grpc.status.UNKNOWN, details });
    }
  };
}

/** What a policy says; an error in it names the policy, and stops the run as a violation would. */
function saidBy(policy: Policy, subjects: readonly Subject[]): Finding[] {
  try {
    return policy.judge(subjects);
  } catch (error) {
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Error(`the policy ${policy.name} of the pack ${PACK_NAME} could not run: ${reason}`);
  }
}

function policiesOf(system: string, environment: string, config: Readonly<Record<string, string>>): Policy[] {
  const { settings, problems } = readPolicySettings(config, environment, ruleNames);
  return policiesFor({ system, environment, settings }, problems);
}

/** The pack for engines that attach to it. */
export function attachablePack(): Attachable {
  return new Attachable(analyzerGrpc.AnalyzerService, () => {
    let over = false;
    const end = () => {
      over = true;
    };
    return { handlers: createAnalyzer(end), over: () => over, abort: end, close: () => {} };
  });
}

/** Builds the service of the pack. `onCancel` is called when the engine needs it no more. */
export function createAnalyzer(onCancel = () => {}): IAnalyzerServer {
  const { version } = project;
  let policies = policiesOf("", "", {});
  /** Levels from a policy group or `--policy-pack-config`, which win over the stack's own. */
  let ordered = new Map<string, Level>();

  const levelOf = (policy: Policy) => ordered.get(policy.name) ?? policy.level;
  const active = () => policies.filter((policy) => levelOf(policy) !== "disabled");

  function diagnostic(policy: Policy, { text, urn }: Finding): pb.AnalyzeDiagnostic {
    const said = new pb.AnalyzeDiagnostic();
    said.setPolicyname(policy.name);
    said.setPolicypackname(PACK_NAME);
    said.setPolicypackversion(version);
    said.setDescription(policy.description);
    said.setMessage(`${policy.description}\n${text}`);
    said.setEnforcementlevel(LEVELS[levelOf(policy)]);
    if (urn !== undefined) said.setUrn(urn);
    return said;
  }

  function response(judges: readonly Policy[], subjects: readonly Subject[]): pb.AnalyzeResponse {
    const all = judges.flatMap((policy) =>
      saidBy(policy, subjects).map((violation) => diagnostic(policy, violation)),
    );
    const answer = new pb.AnalyzeResponse();
    answer.setDiagnosticsList(all);
    return answer;
  }

  return {
    handshake: unary(() => new pb.AnalyzerHandshakeResponse()),
    configureStack: unary((request: pb.AnalyzerStackConfigureRequest) => {
      const config = Object.fromEntries(request.getConfigMap().toArray());
      policies = policiesOf(request.getProject(), request.getStack(), config);
      return new pb.AnalyzerStackConfigureResponse();
    }),
    configure: unary((request: pb.ConfigureAnalyzerRequest) => {
      ordered = new Map();
      request.getPolicyconfigMap().forEach((config, name) => {
        const level = levelOrdered(config.getEnforcementlevel());
        if (level !== undefined) ordered.set(name, level);
      });
      return new emptyPb.Empty();
    }),
    getPluginInfo: unary(() => {
      const info = new pluginPb.PluginInfo();
      info.setVersion(version);
      return info;
    }),
    getAnalyzerInfo: unary(() => {
      const info = new pb.AnalyzerInfo();
      info.setName(PACK_NAME);
      info.setVersion(version);
      info.setSupportsconfig(true);
      info.setPoliciesList(
        policies.map((policy) => {
          const one = new pb.PolicyInfo();
          one.setName(policy.name);
          one.setDescription(policy.description);
          one.setEnforcementlevel(LEVELS[policy.level]);
          one.setPolicyType(
            policy.types === undefined ? pb.PolicyType.POLICY_TYPE_STACK : pb.PolicyType.POLICY_TYPE_RESOURCE,
          );
          return one;
        }),
      );
      return info;
    }),
    analyze: unary((request: pb.AnalyzeRequest) => {
      const concerned = active().filter(({ types }) => types?.includes(request.getType()));
      if (concerned.length === 0) return new pb.AnalyzeResponse();
      return response(concerned, [subjectOf(request)]);
    }),
    analyzeStack: unary((request: pb.AnalyzeStackRequest) => {
      const subjects = request
        .getResourcesList()
        .filter((resource) => ruleTypes.has(resource.getType()))
        .map(subjectOf);
      const whole = active().filter(({ types }) => types === undefined);
      return response(whole, subjects);
    }),
    // No rule fixes by itself: what is deployed is what the program says.
    remediate: unary(() => new pb.RemediateResponse()),
    cancel: unary(() => {
      onCancel();
      return new emptyPb.Empty();
    }),
  };
}

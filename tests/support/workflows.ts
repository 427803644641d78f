// GitHub workflows of this repository or of another folder, read and evaluated with GitHub's own parser and expression language.
import { readdirSync, readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { basename, join, matchesGlob } from "node:path";
import { data, Evaluator, Lexer, Parser } from "@actions/expressions";
import { parse } from "yaml";
import { ROOT } from "./project.ts";

// The parser imports JSON as bundlers do; Node asks for an attribute.
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    return found.url.endsWith(".json") ? { ...found, importAttributes: { type: "json" } } : found;
  },
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } = await import(
  "@actions/workflow-parser"
);

/** A value of a context, as GitHub has them in JSON. */
export type ContextValue = string | readonly ContextValue[] | { readonly [key: string]: ContextValue };

/** What expressions may name: `github`, `inputs`, `vars` and so on. */
export type Contexts = Readonly<Record<string, Readonly<Record<string, ContextValue>>>>;

/** A step that runs commands, or an action. */
export interface Step {
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  with?: Record<string, string | boolean | number>;
  env?: Record<string, string>;
}

/** A job: with steps of its own, or one that calls a workflow. */
export interface Job {
  if?: string;
  uses?: string;
  with?: Record<string, string>;
  env?: Record<string, string>;
  environment?: string;
  permissions?: Permissions;
  steps?: Step[];
}

/** What the job's token may do, such as `contents: read`. */
export type Permissions = Readonly<Record<string, string>>;

/** The parts of a workflow that the tests look at. */
export interface Workflow {
  on: {
    push?: { branches?: string[]; tags?: string[] };
    pull_request?: { types?: string[] };
    pull_request_target?: unknown;
    workflow_dispatch?: unknown;
    workflow_call?: { inputs: Record<string, { default?: string }> };
  };
  permissions?: Permissions;
  jobs: Record<string, Job>;
}

const FOLDER = ".github/workflows";

/** Names of all workflow files. @param root of the repository */
export function workflowFiles(root = ROOT): string[] {
  return readdirSync(join(root, FOLDER)).filter((file) => /\.ya?ml$/.test(file));
}

/** Reads one. */
export function readWorkflow(file: string, root = ROOT): Workflow {
  return parse(readFileSync(join(root, FOLDER, file), "utf8")) as Workflow;
}

/** The workflow that a job calls, if it calls one of the repository. */
export function calledBy({ uses }: Job, root = ROOT): Workflow | undefined {
  return uses?.startsWith(`./${FOLDER}/`) ? readWorkflow(basename(uses), root) : undefined;
}

/** Steps of the repository's action that each job begins with. */
export function preparation(name = "prepare", root = ROOT): Step[] {
  const text = readFileSync(join(root, ".github/actions", name, "action.yml"), "utf8");
  return (parse(text) as { runs: { steps: Step[] } }).runs.steps;
}

/** What GitHub's parser has against a workflow, the inputs that it hands to others of this repository among it. */
export async function schemaErrors(file: string, root = ROOT): Promise<string[]> {
  const content = (path: string) => readFileSync(join(root, path), "utf8");
  const path = join(FOLDER, file);
  const { context, value } = parseWorkflow(
    { name: path, content: content(path) },
    new NoOperationTraceWriter(),
  );
  if (value !== undefined && context.errors.getErrors().length === 0) {
    const files = {
      getFileContent: async (ref: { path: string }) => ({ name: ref.path, content: content(ref.path) }),
    };
    await convertWorkflowTemplate(context, value, files, { fetchReusableWorkflowDepth: 1 });
  }
  return context.errors.getErrors().map(({ message }) => message);
}

function dictionaryOf(values: Readonly<Record<string, ContextValue>>): data.Dictionary {
  return new data.Dictionary(
    ...Object.entries(values).map(([key, value]) => ({ key, value: expressionData(value) })),
  );
}

function expressionData(value: ContextValue): data.ExpressionData {
  if (typeof value === "string") return new data.StringData(value);
  return isList(value) ? new data.Array(...value.map(expressionData)) : dictionaryOf(value);
}

const isList = (value: ContextValue): value is readonly ContextValue[] => Array.isArray(value);

function evaluateOne(expression: string, contexts: Contexts): string {
  const tokens = new Lexer(expression).lex().tokens;
  const parsed = new Parser(tokens, Object.keys(contexts), []).parse();
  return new Evaluator(parsed, dictionaryOf(contexts)).evaluate().coerceString();
}

/** Replaces every `${{ … }}` by its value. */
export function evaluate(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{(.*?)\}\}/g, (_, expression: string) => evaluateOne(expression, contexts));
}

/** Whether something with this `if` runs, where nothing before it failed. */
export function applies(condition: string | undefined, contexts: Contexts): boolean {
  return condition === undefined || evaluateOne(condition, contexts) === "true";
}

/** Evaluates every value of a map. */
export function evaluateAll(
  texts: Readonly<Record<string, string>> | undefined,
  contexts: Contexts,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts ?? {}).map(([key, text]) => [key, evaluate(String(text), contexts)]),
  );
}

/** Context `github` of a push to `refs/heads/…` or `refs/tags/…`. */
export function pushOf(ref: string): Record<string, string> {
  return { event_name: "push", ref, ref_name: ref.replace(/^refs\/(heads|tags)\//, "") };
}

/**
 * Context `github` of a pull request of this repository's own branch, or from a fork of it: of a push to it, or of a label
 * that is put on it; with the labels that it has.
 */
export function pullRequestOf(head: "own" | "fork", labels: readonly string[] = [], label?: string) {
  const repository = "someone/something";
  const full_name = head === "own" ? repository : "stranger/something";
  return {
    ...{ event_name: "pull_request", repository, token: "token-of-the-run" },
    event: {
      ...(label === undefined ? { action: "synchronize" } : { action: "labeled", label: { name: label } }),
      pull_request: {
        ...{ number: "7", head: { repo: { full_name } } },
        labels: labels.map((name) => ({ name })),
      },
    },
  };
}

/** Whether a push starts the workflow, by GitHub's filters of branches and tags. */
export function startsOn({ on }: Workflow, { ref = "", ref_name = "" }: Record<string, string>): boolean {
  const patterns = (ref.startsWith("refs/tags/") ? on.push?.tags : on.push?.branches) ?? [];
  return patterns.some((pattern) => matchesGlob(ref_name, pattern));
}

/** The inputs with which a job calls a workflow, defaults among them. */
export function callInputs(job: Job, called: Workflow, contexts: Contexts): Record<string, string> {
  const defaults = Object.entries(called.on.workflow_call?.inputs ?? {}).map(([key, input]) => [
    key,
    input.default ?? "",
  ]);
  return { ...Object.fromEntries(defaults), ...evaluateAll(job.with, contexts) };
}

/** The environments that a push brings up, as `system stack`. @throws Error if it does anything else with one */
export function broughtUp(ref: string, root = ROOT): string[] {
  const github = pushOf(ref);
  return workflowFiles(root)
    .map((file) => readWorkflow(file, root))
    .filter((workflow) => startsOn(workflow, github))
    .flatMap(({ jobs }) => Object.values(jobs))
    .filter((job) => applies(job.if, { github }))
    .flatMap((job) => {
      const called = calledBy(job, root);
      if (called === undefined) return [];
      const { action, system, stack } = callInputs(job, called, { github });
      if (action !== "up") throw new Error(`${ref} starts ${action} of ${system} ${stack}`);
      return [`${system} ${stack}`];
    })
    .sort();
}

/** What a run by hand, from a branch or tag, hands to the workflow that it calls. */
export function runByHand(
  file: string,
  ref: string,
  inputs: Readonly<Record<string, string>>,
  root = ROOT,
): Record<string, string> {
  const github = { ...pushOf(ref), event_name: "workflow_dispatch" };
  const jobs = Object.values(readWorkflow(file, root).jobs).filter((job) => applies(job.if, { github }));
  const [job = {}] = jobs;
  const called = calledBy(job, root);
  if (jobs.length !== 1 || called === undefined)
    throw new Error(`${file} starts ${jobs.length} jobs by hand`);
  return callInputs(job, called, { github, inputs });
}

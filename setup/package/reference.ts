// docs/reference.md, made from the doc comments of what `components/index.ts` exports, by the compiler that is here:
// `npm run reference`.
import { writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { packageRoot } from "../paths.ts";

/** An argument, or an output of a component. */
export interface Entry {
  name: string;
  /** Its type as the source has it. */
  type: string;
  required: boolean;
  /** Value where it is left out. */
  default: string;
  /** Its doc comment; empty where there is none. */
  doc: string;
}

/** An exported name, or a type of the package that one of them names. */
export interface Section {
  name: string;
  doc: string;
  /** How a function is called, what a constant is, or what a type stands for. */
  form?: string;
  /** Type of a component's arguments. */
  args?: string;
  entries: Entry[];
}

const ENTRY_FILE = join(packageRoot, "components/index.ts");

/** All sections: exported names first, then the types that they name, each in the order of the alphabet. */
export function readSections(): { exported: Section[]; named: Section[] } {
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2023,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  // Types of others are written as the source has them: their packages need not be read, most of the time.
  host.resolveModuleNameLiterals = (names, from) =>
    names.map(({ text }) =>
      text.startsWith(".") ? ts.resolveModuleName(text, from, options, host) : { resolvedModule: undefined },
    );
  const program = ts.createProgram([ENTRY_FILE], options, host);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(ENTRY_FILE);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${ENTRY_FILE} exports nothing`);
  const byName = (one: Section, other: Section) => (one.name < other.name ? -1 : 1);
  const exports = checker.getExportsOfModule(module).map((symbol) => unaliased(symbol, checker));
  const named = new Set<ts.Symbol>();
  const exported = exports.map((symbol) => sectionOf(symbol, checker, named)).sort(byName);
  // A set takes more while it is gone through.
  for (const symbol of exports) named.delete(symbol);
  const others: Section[] = [];
  for (const symbol of named) {
    if (!exports.includes(symbol)) others.push(sectionOf(symbol, checker, named));
  }
  return { exported, named: others.sort(byName) };
}

function unaliased(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

const oneLine = (text: string) =>
  text
    .replaceAll(/\s*\/\*\*[\s\S]*?\*\//g, "")
    .replaceAll(/\s+/g, " ")
    .trim();

function docOf(symbol: ts.Symbol, checker: ts.TypeChecker): string {
  return oneLine(ts.displayPartsToString(symbol.getDocumentationComment(checker)));
}

function defaultOf(symbol: ts.Symbol): string {
  const tag = symbol.getJsDocTags().find(({ name }) => name === "default");
  return oneLine(ts.displayPartsToString(tag?.text));
}

function sectionOf(symbol: ts.Symbol, checker: ts.TypeChecker, named: Set<ts.Symbol>): Section {
  const section: Section = { name: symbol.name, doc: docOf(symbol, checker), entries: [] };
  const node = symbol.declarations?.[0];
  if (node === undefined) return section;
  if (ts.isClassDeclaration(node)) {
    const making = node.members.find(ts.isConstructorDeclaration);
    const args = making?.parameters[1]?.type;
    if (args !== undefined) {
      section.args = oneLine(args.getText());
      collect(args, checker, named);
    }
    const outputs = node.members.filter(
      (member): member is ts.PropertyDeclaration => ts.isPropertyDeclaration(member) && isPublic(member),
    );
    section.entries = outputs.map((output) => {
      const property = checker.getSymbolAtLocation(output.name);
      return entryOf(property ?? symbol, output, checker, undefined);
    });
  } else if (ts.isFunctionDeclaration(node)) {
    const parameters = node.parameters.map((parameter) => oneLine(parameter.getText())).join(", ");
    section.form = `${symbol.name}(${parameters}): ${oneLine(node.type?.getText() ?? "void")}`;
    for (const { type } of node.parameters) collect(type, checker, named);
    collect(node.type, checker, named);
  } else if (ts.isVariableDeclaration(node)) {
    section.form = oneLine(node.getText());
  } else if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
    const type = checker.getDeclaredTypeOfSymbol(symbol);
    if (ts.isTypeAliasDeclaration(node)) section.form = oneLine(node.type.getText());
    const isObject = !type.isUnion() && (type.flags & ts.TypeFlags.Object) !== 0;
    const isWhole = isObject || type.isIntersection();
    if (!isWhole || type.getCallSignatures().length > 0) {
      if (ts.isTypeAliasDeclaration(node)) collect(node.type, checker, named);
    } else {
      section.entries = checker
        .getPropertiesOfType(type)
        .map((property) => entryOf(property, property.declarations?.[0], checker, named));
    }
  }
  return section;
}

function isPublic(member: ts.PropertyDeclaration): boolean {
  const hidden =
    ts.getCombinedModifierFlags(member) & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected);
  return hidden === 0 && !ts.isPrivateIdentifier(member.name);
}

function entryOf(
  property: ts.Symbol,
  node: ts.Declaration | undefined,
  checker: ts.TypeChecker,
  named: Set<ts.Symbol> | undefined,
): Entry {
  const type = node && "type" in node ? (node.type as ts.TypeNode | undefined) : undefined;
  if (named !== undefined) collect(type, checker, named);
  return {
    name: property.name,
    type: oneLine(type?.getText() ?? (node && ts.isMethodSignature(node) ? node.getText() : "")),
    required: (property.flags & ts.SymbolFlags.Optional) === 0,
    default: defaultOf(property),
    doc:
      docOf(property, checker) ||
      (type && ts.isLiteralTypeNode(type) ? "Says which of the forms it is." : ""),
  };
}

/** Takes up the types of this package that a type names. */
function collect(node: ts.Node | undefined, checker: ts.TypeChecker, named: Set<ts.Symbol>): void {
  if (node === undefined) return;
  if (ts.isTypeReferenceNode(node)) {
    const found = checker.getSymbolAtLocation(node.typeName);
    const symbol = found && unaliased(found, checker);
    const declaration = symbol?.declarations?.[0];
    const file = declaration && relative(packageRoot, declaration.getSourceFile().fileName);
    const isType =
      declaration && (ts.isInterfaceDeclaration(declaration) || ts.isTypeAliasDeclaration(declaration));
    if (symbol && isType && file && !/^\.\.|node_modules/.test(file)) named.add(symbol);
  }
  ts.forEachChild(node, (child) => collect(child, checker, named));
}

const INTRODUCTION = `# Reference

<!-- Made by \`npm run reference\` from the doc comments; a test keeps it current. -->

What \`import … from "tandem"\` gives, and what each argument takes. [The components](components.md) shows them at work.
`;

/** The page. */
export function renderReference({ exported, named }: ReturnType<typeof readSections>): string {
  const known = new Set([...exported, ...named].map(({ name }) => name));
  const of = (wanted: boolean) => exported.filter(({ args }) => (args !== undefined) === wanted);
  const parts: [title: string, sections: Section[]][] = [
    ["Components", of(true)],
    ["Types and functions", of(false)],
    ["Further types", named],
  ];
  const bodies = parts.map(
    ([title, sections]) => `\n## ${title}\n${sections.map((section) => render(section, known)).join("")}`,
  );
  return INTRODUCTION + bodies.join("");
}

const cell = (text: string) => text.replaceAll("|", "\\|");
/** Doc comments name others as `{@link X}`. */
const prose = (text: string) => text.replaceAll(/\{@link (\w+)\s*\}/g, "`$1`");

function render(section: Section, known: ReadonlySet<string>): string {
  const { name, doc, form, args, entries } = section;
  const typed = (text: string) => `\`${cell(text)}\`${links(text, name, known)}`;
  const lines = [`\n### ${name}\n`];
  if (doc !== "") lines.push(`\n${prose(doc)}\n`);
  if (args !== undefined) lines.push(`\n\`new ${name}(name, args)\`, with args: ${typed(args)}\n`);
  if (form !== undefined) lines.push(`\n\`${form}\`${links(form, name, known)}\n`);
  if (entries.length === 0) return lines.join("");
  const isArgs = args === undefined;
  lines.push(
    isArgs
      ? "\n| argument | type | default | what |\n|---|---|---|---|\n"
      : "\n| output | type | what |\n|---|---|---|\n",
  );
  for (const entry of entries) {
    const standard = entry.required ? "**required**" : cell(prose(entry.default));
    const columns = isArgs ? [typed(entry.type), standard] : [typed(entry.type)];
    lines.push(`| \`${entry.name}\` | ${[...columns, cell(prose(entry.doc))].join(" | ")} |\n`);
  }
  return lines.join("");
}

/** Links to the sections of what a type names. */
function links(type: string, own: string, known: ReadonlySet<string>): string {
  const names = [...new Set(type.match(/\b[A-Z]\w+/g))].filter((name) => name !== own && known.has(name));
  const all = names.map((name) => `[${name}](#${name.toLowerCase()})`).join(", ");
  return all === "" ? "" : ` ${all}`;
}

/** Arguments and outputs without a doc comment, as `Section.name`. */
export function undocumented({ exported, named }: ReturnType<typeof readSections>): string[] {
  return [...exported, ...named].flatMap(({ name, doc, entries }) => [
    ...(doc === "" ? [name] : []),
    ...entries
      .filter((entry) => entry.doc === "" && entry.default === "")
      .map((entry) => `${name}.${entry.name}`),
  ]);
}

if (import.meta.main) {
  writeFileSync(join(packageRoot, "docs/reference.md"), renderReference(readSections()));
}

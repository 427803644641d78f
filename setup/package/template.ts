// The template of a system, docs/template: its files under another name for `tandem init` and `tandem new`, and in the form
// that `pulumi new` takes, which the npm package has in dist/template.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../paths.ts";

/** What the template calls the system. */
const PLACEHOLDER = /\bshop\b/g;
/** What makes the template one, and where its checkout has the provider. */
const TEMPLATE_BLOCK = /^template:\n(?: .*\n)+/m;
const PROVIDER_PATH = /(?<=^ +path: ).*$/m;
/** What `pulumi new` replaces. */
const PROJECT = "$" + "{PROJECT}";
const DESCRIPTION = "$" + "{DESCRIPTION}";

/** A stack file's name. */
export const STACK_FILE = /^Pulumi\.[^.]+\.yaml$/;

/** For editors and `tsc`: as Node runs the files. */
export const TSCONFIG = `{
  "compilerOptions": {
    "target": "es2023",
    "module": "nodenext",
    "strict": true,
    "noEmit": true,
    "allowImportingTsExtensions": true,
    "erasableSyntaxOnly": true,
    "verbatimModuleSyntax": true,
    "skipLibCheck": true
  }
}
`;

/** Without it, `import` in a .ts file is a syntax error in a CommonJS package. */
export const MODULE = `{
  "private": true,
  "type": "module"
}
`;

/** Texts of the template's files by name, as they are. @param installed leaves out tests: their runner is the user's to choose */
export function templateTexts(installed: boolean): Map<string, string> {
  const folder = join(packageRoot, "docs/template");
  const files = readdirSync(folder).filter((file) => !(installed && file.endsWith(".test.ts")));
  return new Map(files.map((file) => [file, readFileSync(join(folder, file), "utf8")]));
}

/**
 * Text of one of its files for a system.
 *
 * @param provider path of the provider's folder from the system's
 */
export function textFor(name: string, provider: string, file: string, text: string): string {
  const own =
    file === "Pulumi.yaml" ? text.replace(TEMPLATE_BLOCK, "").replace(PROVIDER_PATH, provider) : text;
  return own.replaceAll(PLACEHOLDER, name);
}

/**
 * The template for `pulumi new`, in a folder of a repository that has the package installed.
 *
 * In a file whose name ends in .yaml, Pulumi puts a line break after the project's name. So there it stands at the end of
 * lines only, and a stack file's name ends otherwise: Pulumi replaces the description in names of files by nothing.
 */
export function pulumiTemplate(): Map<string, string> {
  const files = [...templateTexts(true)].map(([file, text]): [string, string] => {
    if (file !== "Pulumi.yaml") {
      const name = STACK_FILE.test(file) ? `${file}${DESCRIPTION}` : file;
      return [name, text.replaceAll(PLACEHOLDER, () => PROJECT)];
    }
    const project = text
      .replace(/^name: .*$/m, () => `name: ${PROJECT}`)
      .replace(/^description: .*$/m, () => `description: ${DESCRIPTION}`)
      .replace(PROVIDER_PATH, "../node_modules/tandem/provider");
    return [file, project];
  });
  return new Map([...files, ["package.json", MODULE], ["tsconfig.json", TSCONFIG]]);
}

/** A copy of the repository in a temporary folder, to change and run: sources are copied, installed packages are linked. */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The repository that is copied. */
export const root = fileURLToPath(new URL('../../', import.meta.url));

const execute = promisify(execFile);

const notCopied = new Set(['.git', '.assay', '.turbo', '.tools', 'node_modules', 'dist', 'models']);
/** What programs need and nobody edits. */
const linked = ['.tools', 'models'];

/** A copy, and the end of it. */
export interface RepositoryCopy {
  readonly root: string;
  /** Runs Node in it. Resolves with the output; rejects with all of it if the program fails. */
  run(args: readonly string[]): Promise<string>;
  /** Links the workspaces that are there now, as `npm install` does. */
  link(): void;
  remove(): void;
}

/** Makes a copy. */
export function copyRepository(): RepositoryCopy {
  const copy = mkdtempSync(join(tmpdir(), 'assay-roles-'));
  cpSync(root, copy, { recursive: true, filter: (path) => !notCopied.has(basename(path)) });
  for (const name of linked) if (existsSync(join(root, name))) symlinkSync(join(root, name), join(copy, name));
  linkPackages(join(root, 'node_modules'), join(copy, 'node_modules'));
  const link = () => linkWorkspaces(copy);
  link();
  return {
    root: copy,
    run: (args) => runIn(copy, args),
    link,
    remove: () => rmSync(copy, { recursive: true, force: true }),
  };
}

async function runIn(copy: string, args: readonly string[]): Promise<string> {
  // The test runner's settings, bundles and compiled code are of this repository.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITEST|ASSAY_|NODE_COMPILE_CACHE)/.test(name)),
  );
  try {
    const { stdout } = await execute(process.execPath, [...args], { cwd: copy, env, maxBuffer: 2 ** 26 });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${args.join(' ')}\n${stdout}${stderr}`.slice(-8_000), { cause: error });
  }
}

/** Links every installed package, but not the repository's own. */
function linkPackages(from: string, to: string): void {
  mkdirSync(to);
  for (const name of readdirSync(from)) if (name !== '@assay') symlinkSync(join(from, name), join(to, name));
}

function linkWorkspaces(copy: string): void {
  const scope = join(copy, 'node_modules/@assay');
  mkdirSync(scope, { recursive: true });
  for (const manifest of globSync('{packages,services}/*/package.json', { cwd: copy })) {
    const link = join(scope, basename(dirname(manifest)));
    if (!existsSync(link)) symlinkSync(relative(scope, join(copy, dirname(manifest))), link);
  }
}

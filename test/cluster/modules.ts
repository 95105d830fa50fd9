/** Programs and files from Go modules. They are kept between runs. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, root, run } from '../containers/run.ts';

/** What is kept between runs. */
export const cache = `${root}.assay/cluster`;
/** The programs, by name. */
export const bin = `${cache}/bin`;

/** True if a program was built. */
export const isBuilt = (program: string) => existsSync(join(bin, program));

/** True if there is a Go that could build. */
export async function hasGo(): Promise<boolean> {
  return (await attempt('go', ['version']).catch(() => ({ code: 1 }))).code === 0;
}

/** Fetches a module, named with its version. Resolves with its folder and the path of its `go.mod`. */
export async function download(module: string): Promise<{ readonly Dir: string; readonly GoMod: string }> {
  mkdirSync(cache, { recursive: true });
  return JSON.parse(await go(cache, ['mod', 'download', '-json', module])) as { Dir: string; GoMod: string };
}

/** A module of this repository's own that depends on the program's: replacements count in the main module only. */
export interface OwnModule {
  readonly name: string;
  /** Lines of `go.mod` after the name. */
  readonly requirements: readonly string[];
  /** The program's text, or the imports that `go mod tidy` has to know. */
  readonly source: string;
  readonly goVersion?: string;
}

/** Writes a module. Resolves with its folder. */
export function writeModule({ name, requirements, source, goVersion = '1.24' }: OwnModule): string {
  const folder = join(cache, 'modules', name);
  mkdirSync(folder, { recursive: true });
  const lines = [`module local.test/${name}`, '', `go ${goVersion}`, '', ...requirements, ''];
  writeFileSync(join(folder, 'go.mod'), lines.join('\n'));
  writeFileSync(join(folder, 'main.go'), source);
  return folder;
}

/** Runs the Go command in a folder. Resolves with its standard output. */
export const go = (cwd: string, args: readonly string[]) =>
  run('nice', ['go', ...args], { cwd, env: { GOFLAGS: '-mod=mod' } });

/** Builds a static program from a module's folder; `target` is a package. */
export async function goBuild(folder: string, program: string, target: string, flags: readonly string[] = []) {
  mkdirSync(bin, { recursive: true });
  const linker = ['-s', '-w', ...flags].join(' ');
  await run('nice', ['go', 'build', '-ldflags', linker, '-o', join(bin, program), target], {
    cwd: folder,
    env: { GOFLAGS: '-mod=mod -buildvcs=false', CGO_ENABLED: '0' },
    timeoutMs: 5_400_000,
  });
}

/** Checks values against a library's types. This also finds unknown fields, which its runtime checks miss. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './kustomize.ts';

const options = { noEmit: true, strict: true, skipLibCheck: true, module: 'nodenext', target: 'es2024', types: [] };

/** The compiler's errors for a module; empty if there are none. */
export function whatTheCompilerSays(source: string): string {
  const folder = mkdtempSync(join(root, 'test/deploy/.types-'));
  try {
    writeFileSync(join(folder, 'objects.ts'), source);
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['objects.ts'] }));
    execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', folder], { encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: string }).stdout ?? error).slice(0, 4_000);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

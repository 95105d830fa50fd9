// Compiles the package, and states the digest of the checks in the result, where their sources are not at hand.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtChecksDigest } from './src/checks-sources.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const typescript = dirname(createRequire(import.meta.url).resolve('typescript/package.json'));
const tsc = spawnSync(process.execPath, [join(typescript, 'bin', 'tsc'), '-b'], { cwd: folder, stdio: 'inherit' });
if (tsc.status === 0)
  writeFileSync(join(folder, 'dist/checks-digest.js'), builtChecksDigest(new URL('../../', import.meta.url)));
process.exitCode = tsc.status ?? 1;

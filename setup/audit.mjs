/** The bill of materials of shipped packages, and their known vulnerabilities if npm's audit service is reachable. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { runQuietly, SetupError } from './process.mjs';

const timeoutMs = 30_000;
const billTimeoutMs = 180_000;

/** One phrase about the result. Never fails, because many mirrors have no such service. */
export async function audit(root, env) {
  const args = ['audit', '--audit-level=high', '--omit=dev', '--json'];
  const { stdout } = await runQuietly('npm', args, { cwd: root, env, timeoutMs });
  try {
    const found = JSON.parse(stdout).metadata.vulnerabilities;
    return `audit: ${found.critical} critical, ${found.high} high, ${found.moderate} moderate, ${found.low} low`;
  } catch {
    return 'audit: not available here';
  }
}

/** Path of the bill of materials (CycloneDX). */
const billFile = '.assay/sbom.cyclonedx.json';

/**
 * Writes the bill of materials of shipped packages; returns one phrase about it. Throws a SetupError if npm cannot make
 * one; it needs only the lock file.
 */
export async function billOfMaterials(root, env) {
  const args = ['sbom', '--sbom-format', 'cyclonedx', '--omit', 'dev', '--package-lock-only'];
  const { code, stdout, output } = await runQuietly('npm', args, { cwd: root, env, timeoutMs: billTimeoutMs });
  if (code !== 0) throw new SetupError(`npm sbom ended with code ${code}: ${output.slice(-500)}`);
  const { components } = JSON.parse(stdout);
  const file = join(root, billFile);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, stdout);
  return `bill of materials: ${components.length} parts in ${billFile}`;
}

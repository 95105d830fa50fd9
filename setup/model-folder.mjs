/** A model folder for Transformers.js: writing it, and its digest. */
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A value as the bytes of a JSON file. */
export const json = (value) => Buffer.from(`${JSON.stringify(value)}\n`);

/** The model digest, like the embedder's: SHA-256 over the sorted lines `path sha256`. */
export function digestOf(files) {
  const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
  const lines = [...files].map(([path, bytes]) => `${path} ${sha256(bytes)}\n`).sort();
  return `0x${sha256(lines.join(''))}`;
}

/**
 * Writes the files (relative path → bytes) to a temporary folder and moves it, so that nobody reads an incomplete
 * model.
 */
export function writeModelFolder(target, files) {
  mkdirSync(dirname(target), { recursive: true });
  const draft = mkdtempSync(`${target}.draft-`);
  try {
    chmodSync(draft, 0o755);
    for (const [path, bytes] of files) {
      mkdirSync(dirname(join(draft, path)), { recursive: true });
      writeFileSync(join(draft, path), bytes);
    }
    rmSync(target, { recursive: true, force: true });
    renameSync(draft, target);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

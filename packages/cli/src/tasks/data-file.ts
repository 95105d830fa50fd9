/** A user's data file: one JSON object a line. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { tuning } from '@assay/protocol/tuning';
import type { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';

/** A parsed file; callers check the content of the lines. */
export interface DataFile {
  /** The path as the user wrote it. */
  readonly file: string;
  /** Without its folder. */
  readonly name: string;
  /** SHA-256 over its bytes. */
  readonly sha256: Hex;
  /** One for each non-empty line; `where` is `<file>, line <n>`. */
  readonly lines: readonly { readonly where: string; readonly value: unknown }[];
}

/**
 * Reads a file. Throws {@link UsageError} if it cannot be read, is too large, not UTF-8 or empty, or if a line is not
 * JSON.
 */
export async function readDataFile(file: string): Promise<DataFile> {
  const bytes = await bytesOf(file);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`The file ${file} is not UTF-8 text.`, { cause });
  }
  const lines = text.split('\n').flatMap((line, index) => {
    const where = `${file}, line ${index + 1}`;
    return line.trim() === '' ? [] : [{ where, value: jsonOf(line, where) }];
  });
  if (lines.length === 0) throw new UsageError(`The file ${file} holds no task.`);
  const sha256: Hex = `0x${createHash('sha256').update(bytes).digest('hex')}`;
  return { file, name: basename(file), sha256, lines };
}

/** A line parsed with its schema. Throws {@link UsageError} that names the line and the field. */
export function shapedLine<T>(schema: z.ZodType<T, unknown>, where: string, value: unknown): T {
  const checked = checkShape(schema, value);
  if (!checked.ok) throw new UsageError(`${where}: ${checked.refusal.detail}`);
  return checked.value;
}

async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    const { size } = await stat(file);
    if (size <= tuning.labelledFileBytesMax) return await readFile(file);
  } catch (cause) {
    throw new UsageError(`The file ${file} cannot be read.`, { cause });
  }
  throw new UsageError(`The file ${file} is larger than ${tuning.labelledFileBytesMax} bytes; divide it.`);
}

function jsonOf(line: string, where: string): unknown {
  try {
    return JSON.parse(line);
  } catch (cause) {
    throw new UsageError(`${where} is not JSON.`, { cause });
  }
}

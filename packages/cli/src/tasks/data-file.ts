/** A user's data file: one JSON object a line, one JSON array or object, or CSV. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import { tuning } from '@assay/protocol/tuning';
import type { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';
import type { DataLine } from './data-line.ts';

/** A file, read and divided; callers check the content of the lines. */
export interface DataLines extends Omit<DataFile, 'lines'> {
  readonly lines: readonly DataLine[];
}

/** A parsed file; callers check the content of the lines. */
export interface DataFile {
  /** The path as the user wrote it. */
  readonly file: string;
  /** Without its folder. */
  readonly name: string;
  /** SHA-256 over its bytes. */
  readonly sha256: Hex;
  /** One for each non-empty line, or for each entry of an array. */
  readonly lines: readonly { readonly where: string; readonly value: unknown }[];
}

/**
 * Reads a file. Throws {@link UsageError} if it cannot be read, is too large, not UTF-8 or empty, or if a line is not
 * JSON.
 */
export async function readDataFile(file: string): Promise<DataFile> {
  const { lines, ...read } = await readDataLines(file);
  const values = lines.map((line) => {
    if ('fault' in line) throw new UsageError(`${line.where} ${line.fault}.`);
    return line;
  });
  return { ...read, lines: values };
}

/**
 * Reads a file, `-` for standard input, and keeps what is wrong with a line beside it. CSV is known by the file's name,
 * unless the format is given. Throws {@link UsageError} if it
 * cannot be read, is too large, not UTF-8 or empty.
 */
export async function readDataLines(source: string, format = formatOf(source)): Promise<DataLines> {
  const file = source === '-' ? 'standard input' : source;
  const bytes = await (source === '-' ? standardInput() : bytesOf(file));
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UsageError(`The file ${file} is not UTF-8 text.`, { cause });
  }
  const lines = format === 'csv' ? await csvLines(text, file) : (wholeOf(text, file) ?? linesOf(text, file));
  if (lines.length === 0)
    throw new UsageError(`${source === '-' ? 'The standard input' : `The file ${file}`} holds no task.`);
  const sha256: Hex = `0x${createHash('sha256').update(bytes).digest('hex')}`;
  return { file, name: basename(file), sha256, lines };
}

/** A line parsed with its schema. Throws {@link UsageError} that names the line and the field. */
export function shapedLine<T>(schema: z.ZodType<T, unknown>, where: string, value: unknown): T {
  const checked = checkShape(schema, value);
  if (!checked.ok) throw new UsageError(`${where}: ${checked.refusal.detail}`);
  return checked.value;
}

/** Formats of a file. */
export type DataFormat = 'json' | 'csv';

function formatOf(file: string): DataFormat {
  return /\.(csv|tsv)$/i.test(file) ? 'csv' : 'json';
}

/** The parser is loaded when it is needed. */
async function csvLines(text: string, file: string): Promise<DataLine[]> {
  const { csvTasks } = await import('./csv-tasks.ts');
  return csvTasks(text, file);
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

async function standardInput(): Promise<Uint8Array> {
  if (process.stdin.isTTY) process.stderr.write('Reading tasks from the terminal; end them with Ctrl-D.\n');
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > tuning.labelledFileBytesMax) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new UsageError('The standard input cannot be read.', { cause });
  }
  if (size <= tuning.labelledFileBytesMax) return Buffer.concat(chunks);
  throw new UsageError(`The standard input is larger than ${tuning.labelledFileBytesMax} bytes; divide it.`);
}

function linesOf(text: string, file: string): DataLine[] {
  return text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    const where = `${file}, line ${index + 1}`;
    const value = jsonOf(line);
    return [value === undefined ? { where, fault: 'is not JSON' } : { where, value }];
  });
}

/**
 * The entries of a file that is one JSON array, or one object over several lines. Undefined for JSON lines, whose first line
 * is a value of its own.
 */
function wholeOf(text: string, file: string): DataLine[] | undefined {
  const [first = ''] = text.trimStart().split('\n', 1);
  const isOneLine = !first.startsWith('[') && jsonOf(first) !== undefined;
  if (isOneLine || !/^[[{]/.test(first)) return undefined;
  try {
    const whole: unknown = JSON.parse(text);
    const entries: unknown[] = Array.isArray(whole) ? whole : [whole];
    return entries.map((value, index) => ({ where: `${file}, entry ${index + 1}`, value }));
  } catch (cause) {
    // A line that is cut off is a fault of that line, unless it only begins something.
    if (jsonOf(first) !== undefined || !/^(\[|\{\s*$)/.test(first)) return undefined;
    const why = errorText(cause).replaceAll(/\s+/g, ' ');
    return [{ where: file, fault: `is neither one JSON array nor one object a line (${why})` }];
  }
}

/** Undefined, which no JSON is, if the text is not JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The file of `--out`: one line for each judged task, appended when its verdicts are there. A second run continues it. */
import { appendFileSync, closeSync, openSync, truncateSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { tuning } from '@assay/protocol/tuning';
import { UsageError } from '../commands/usage-error.ts';
import { lineStart, type VerdictLine, verdictLineSchema } from './verdict-line.ts';

/** What the lines of a file have in common: a run continues only a file of its own kind. */
export interface VerdictKind {
  /** Digests of the policies that the run judges by. */
  readonly policyDigests: ReadonlySet<Hex>;
  readonly certified: boolean;
}

/** An open file. */
export class VerdictFile {
  /** The lines that were there, by the id of the task as a public one. */
  readonly earlier: ReadonlyMap<Hex, VerdictLine>;
  readonly #descriptor: number;
  #isOpen = true;

  private constructor(descriptor: number, earlier: ReadonlyMap<Hex, VerdictLine>) {
    this.#descriptor = descriptor;
    this.earlier = earlier;
  }

  /**
   * Opens a file to append to it. A last line that was cut off is removed, if its start is that of a line. Throws
   * {@link UsageError} if the file cannot be written, holds anything else, or verdicts of another kind.
   */
  static async open(file: string, kind: VerdictKind): Promise<VerdictFile> {
    const text = await textOf(file);
    const end = text.lastIndexOf('\n') + 1;
    const lines = text.slice(0, end).split('\n').slice(0, -1);
    const rest = text.slice(end);
    const isWhole = rest !== '' && lineOf(rest) !== undefined;
    if (isWhole) lines.push(rest);
    else if (!(rest.startsWith(lineStart) || lineStart.startsWith(rest))) throw notVerdicts(file, lines.length + 1);
    const earlier = earlierOf(file, lines, kind);
    const descriptor = openToAppend(file);
    if (isWhole) appendFileSync(descriptor, '\n');
    else if (rest !== '') truncateSync(file, Buffer.byteLength(text.slice(0, end)));
    return new VerdictFile(descriptor, earlier);
  }

  /** Empties the file, or makes it. Throws {@link UsageError} if it cannot be written. */
  static async begin(file: string): Promise<VerdictFile> {
    const descriptor = openToAppend(file);
    truncateSync(file, 0);
    return new VerdictFile(descriptor, new Map());
  }

  /** Appends a line with one write, so that a process that is killed leaves whole lines. No-op after `close`. */
  append(line: VerdictLine): void {
    if (this.#isOpen) appendFileSync(this.#descriptor, `${JSON.stringify(line)}\n`);
  }

  /** Safe to call twice. */
  close(): void {
    if (this.#isOpen) closeSync(this.#descriptor);
    this.#isOpen = false;
  }
}

/** Empty for a file that does not exist. */
async function textOf(file: string): Promise<string> {
  try {
    const { size } = await stat(file);
    if (size <= tuning.labelledFileBytesMax) return await readFile(file, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return '';
    throw new UsageError(`The file ${file} cannot be read.`, { cause });
  }
  throw new UsageError(`The file ${file} is larger than ${tuning.labelledFileBytesMax} bytes; name another --out.`);
}

function openToAppend(file: string): number {
  try {
    return openSync(file, 'a');
  } catch (cause) {
    throw new UsageError(`The file ${file} cannot be written.`, { cause });
  }
}

function earlierOf(file: string, lines: readonly string[], kind: VerdictKind): Map<Hex, VerdictLine> {
  const earlier = new Map<Hex, VerdictLine>();
  for (const [index, text] of lines.entries()) {
    const line = lineOf(text);
    if (line === undefined) throw notVerdicts(file, index + 1);
    const other = differenceOf(line, kind);
    if (other !== undefined)
      throw new UsageError(`${file}, line ${index + 1} is a verdict ${other}; name another --out.`);
    earlier.set(line.publicId ?? line.taskId, line);
  }
  return earlier;
}

/** In what a line is of another kind. */
function differenceOf({ certified, policy, policyDigest }: VerdictLine, kind: VerdictKind): string | undefined {
  if (certified !== kind.certified) return certified ? 'without --quick' : 'with --quick';
  if (kind.policyDigests.has(policyDigest)) return undefined;
  return `under another policy, "${policy}" ${policyDigest}, not under ${[...kind.policyDigests].join(' or ')}`;
}

function notVerdicts(file: string, line: number): UsageError {
  return new UsageError(`${file}, line ${line} is not a line of verdicts; name another --out.`);
}

function lineOf(text: string): VerdictLine | undefined {
  try {
    const checked = checkShape(verdictLineSchema, JSON.parse(text));
    return checked.ok ? checked.value : undefined;
  } catch {
    return undefined;
  }
}

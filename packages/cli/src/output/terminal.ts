/** Terminal output: colours only on a terminal; progress goes to the error stream, separate from the output. */
import { stripVTControlCharacters, styleText } from 'node:util';

type Style = 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan';

/** Colours text for a stream; plain if the stream is not a terminal or NO_COLOR is set. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream, validateStream: true });
}

/** Writes a line to the output. */
export function print(line = ''): void {
  process.stdout.write(`${line}\n`);
}

/** A number with its noun: `1 task`, `12 tasks`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** How far a step is that counts, as `3 of 16 services ready`. */
const counting = /^(\d+) of (\d+) /;

/**
 * Progress of a long step: one changing line on a terminal, otherwise a line each time the step changes. There, a step
 * that counts is said at its beginning and at its end.
 */
export class Progress {
  private last = '';
  private readonly startedMs = performance.now();

  say(step: string): void {
    if (step === this.last) return;
    this.last = step;
    const [, count, all] = counting.exec(step) ?? [];
    if (!process.stderr.isTTY && count !== '1' && count !== all) return;
    const seconds = ((performance.now() - this.startedMs) / 1000).toFixed(1).padStart(5);
    const line = `${paint('dim', `${seconds} s`, process.stderr)}  ${step}`;
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
  }

  /** A step that changes often: on a terminal only, in the changing line. */
  show(step: string): void {
    if (process.stderr.isTTY) this.say(step);
  }

  /** Ends the changing line. */
  end(): void {
    if (process.stderr.isTTY && this.last !== '') process.stderr.write('\r\u001b[2K');
    this.last = '';
  }
}

/** How far a run is: what is done of all, the rate since its start, and the time left at that rate. */
export function progressOf(
  done: number,
  all: number,
  now: { readonly judged: number; readonly elapsedMs: number },
): string {
  const count = `${done.toLocaleString('en')} of ${all.toLocaleString('en')} ${all === 1 ? 'task' : 'tasks'}`;
  const perSecond = (1_000 * now.judged) / now.elapsedMs;
  if (!(perSecond > 0) || !Number.isFinite(perSecond)) return count;
  const left = Math.ceil((all - done) / perSecond);
  return `${count}  ${perSecond.toFixed(1)} a second  ${durationOf(left)} left`;
}

/** Whole seconds as `2 h 05 min`, `3 min 20 s` or `45 s`. */
function durationOf(seconds: number): string {
  const padded = (value: number) => String(value).padStart(2, '0');
  if (seconds >= 3_600) return `${Math.floor(seconds / 3_600)} h ${padded(Math.floor(seconds / 60) % 60)} min`;
  return seconds >= 60 ? `${Math.floor(seconds / 60)} min ${padded(seconds % 60)} s` : `${seconds} s`;
}

/** A table with columns as wide as their widest cell; `right` names the right-aligned columns. */
export function tableOf(rows: readonly (readonly string[])[], right: readonly number[] = []): string[] {
  const widths: number[] = [];
  for (const row of rows)
    for (const [index, cell] of row.entries())
      widths[index] = Math.max(widths[index] ?? 0, stripVTControlCharacters(cell).length);
  return rows.map((row) =>
    row
      .map((cell, index) => {
        const space = ' '.repeat((widths[index] ?? 0) - stripVTControlCharacters(cell).length);
        return right.includes(index) ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

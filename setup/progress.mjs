/** Progress output of the set-up. It goes to standard error, because standard output belongs to the program. */
import { styleText } from 'node:util';

const terminal = process.stderr;
const refreshMs = 1_000;
const heartbeatMs = 10_000;

/** Colours a text if standard error is a terminal and NO_COLOR is not set. */
export function painted(style, text) {
  return terminal.isTTY && !process.env.NO_COLOR ? styleText(style, text, { validateStream: false }) : text;
}

/** Writes one line. */
export function say(line) {
  terminal.write(`${line}\n`);
}

/** Seconds with one digit: `3.4 s`. */
export function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/**
 * Shows that `work` runs: on a terminal with a line whose time is updated, otherwise with a line when it takes longer
 * and one every ten seconds. Ends with the value of `work`, which describes the result.
 */
export async function shown(label, work) {
  const startedMs = performance.now();
  const elapsed = () => seconds(performance.now() - startedMs);
  const first = setTimeout(() => !terminal.isTTY && say(`${label} …`), refreshMs);
  const beat = terminal.isTTY
    ? setInterval(() => terminal.write(`\r${label} … ${elapsed()}`), refreshMs)
    : setInterval(() => say(`${label} … still at work after ${elapsed()}`), heartbeatMs);
  if (terminal.isTTY) terminal.write(`${label} …`);
  try {
    const result = await work();
    endLine(label, painted('green', result), elapsed());
  } catch (error) {
    endLine(label, painted('red', 'failed'), elapsed());
    throw error;
  } finally {
    clearTimeout(first);
    clearInterval(beat);
  }
}

function endLine(label, result, elapsed) {
  terminal.write(`${terminal.isTTY ? '\r\u001b[K' : ''}${label}: ${result} (${elapsed})\n`);
}

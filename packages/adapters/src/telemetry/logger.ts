/** Structured logs: one JSON object a line. */
import { errorText } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';
import { type DestinationStream, pino } from 'pino';

/** Lowest level that is written. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Fields of every line, and the output. */
export interface LoggerOptions {
  readonly fields: Readonly<Record<string, string>>;
  readonly level?: LogLevel;
  /** `stdout`, `stderr`, or any function that accepts lines. */
  readonly destination?: 'stdout' | 'stderr' | { write(line: string): void };
  /** Current fields: trace and span ids. */
  context?(): Readonly<Record<string, string>>;
}

const descriptors = { stdout: 1, stderr: 2 } as const;

/** Maximum length of one text field; longer text is cut. */
const fieldCharsMax = 4_000;

/** A logger on pino. */
export function createLogger(options: LoggerOptions): Log {
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: options.fields,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      mixin: () => ({ ...options.context?.() }),
    },
    destinationOf(options.destination ?? 'stdout'),
  );
  return {
    debug: (message, fields) => logger.debug(shortened(fields), message),
    info: (message, fields) => logger.info(shortened(fields), message),
    warn: (message, fields) => logger.warn(shortened(fields), message),
    error: (message, fields) => logger.error(shortened(fields), message),
  };
}

function destinationOf(destination: NonNullable<LoggerOptions['destination']>): DestinationStream {
  return typeof destination === 'string' ? pino.destination({ fd: descriptors[destination], sync: true }) : destination;
}

/** Fields converted for JSON: errors as text, bigints as text, long text cut. */
function shortened(fields: Readonly<Record<string, unknown>> | undefined): Record<string, unknown> {
  const short: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (typeof value === 'string' && value.length > fieldCharsMax) short[name] = `${value.slice(0, fieldCharsMax)}…`;
    else if (typeof value === 'bigint') short[name] = value.toString();
    else if (value instanceof Error) short[name] = errorText(value);
    else short[name] = value;
  }
  return short;
}

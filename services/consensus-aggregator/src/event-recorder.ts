/** Writes a recording of events to a file of bounded size, so that the last event before a crash is in it. */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';
import type { Setting } from '@assay/aggregation/books';
import type { Effect } from '@assay/aggregation/effects';
import type { Event } from '@assay/aggregation/events';
import { eventLine, startLine } from '@assay/aggregation/record/recording';
import { errorText } from '@assay/protocol/error-text';
import type { Log } from '@assay/protocol/ports';

/** Takes note of what happens to an aggregator. */
export interface EventRecorder {
  start(setting: Setting, snapshot: string | undefined): void;
  write(event: Event, effects: readonly Effect[]): void;
}

/**
 * Appends to a file that only its owner may read. When it has grown to `bytesMax`, or cannot be written, that is logged
 * and nothing more is recorded. Throws when the file cannot be opened.
 */
export function fileRecorder(file: string, bytesMax: number, log: Log): EventRecorder {
  const descriptor = openSync(file, 'a', 0o600);
  let bytes = fstatSync(descriptor).size;
  let isOpen = true;
  const end = (why: string, fields: Readonly<Record<string, unknown>>) => {
    isOpen = false;
    closeSync(descriptor);
    log.warn(why, { file, ...fields });
  };
  const append = (line: string) => {
    if (!isOpen) return;
    const text = Buffer.from(`${line}\n`);
    bytes += text.length;
    if (bytes > bytesMax) {
      end('the recording of events is full; it ends', { bytesMax });
      return;
    }
    try {
      writeSync(descriptor, text);
    } catch (error) {
      end('the recording of events cannot be written; it ends', { error: errorText(error) });
    }
  };
  // A process that died in the middle of a line leaves it unfinished.
  if (bytes > 0) append('');
  return {
    start: (setting, snapshot) => append(startLine(setting, snapshot)),
    write: (event, effects) => {
      if (isOpen) append(eventLine(event, effects));
    },
  };
}

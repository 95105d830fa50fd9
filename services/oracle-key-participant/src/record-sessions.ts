/** Gets the record of sessions on chain, behind the agreements and never in their way. */
import { limits } from '@assay/protocol/limits';
import type { Log, SessionEntry, SessionLedger } from '@assay/protocol/ports';
import { messageOf } from '@assay/runtime/work-loop';

/**
 * Takes entries and records them one after the other, in the order in which they came. At most
 * {@link limits.sessionRecordsMax} wait; more, and one that the chain does not take, are logged and dropped: a session
 * holds without its record, and who wants one closes and opens another.
 */
export function recordSessions(ledger: SessionLedger | undefined, log: Log): (entry: SessionEntry) => void {
  let waiting = 0;
  let last: Promise<void> = Promise.resolve();
  return (entry) => {
    if (ledger === undefined) return;
    const { sessionId, state } = entry;
    if (waiting >= limits.sessionRecordsMax) {
      log.warn('a session is not recorded: too many wait for the chain', { sessionId, state });
      return;
    }
    waiting += 1;
    last = last
      .then(() => ledger.record(entry))
      .then(
        (answer) => {
          if (answer.status === 'refused')
            log.warn('the keystore refused a session', { sessionId, state, detail: answer.detail });
        },
        (error: unknown) => log.warn('a session is not recorded', { sessionId, state, error: messageOf(error) }),
      )
      .then(() => {
        waiting -= 1;
      });
  };
}

/** The journal of one transmitter account on the bus: whoever has the account's key goes on where the last one stopped. */

import { intentMessage, intentSchema } from '@assay/protocol/batch/intent';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { decodeMessage, encodeMessage } from '@assay/protocol/encoding/decode';
import type { Bus, IntentJournal, Log } from '@assay/protocol/ports';

/** The journal of an account. A message that is no intent of it is passed over, and overwritten by the next. */
export function intentJournal(bus: Bus, account: Hex, log: Log): IntentJournal {
  const subject = subjects.intent(account);
  let lastSequence = 0;
  return {
    async last() {
      const message = await bus.last('INTENTS', subject);
      lastSequence = message?.sequence ?? 0;
      if (message === undefined) return undefined;
      const decoded = decodeMessage(intentSchema, message.data);
      if (decoded.ok && decoded.value.account === account) return decoded.value;
      log.warn('the last intent on the stream is not of this account', { subject, sequence: message.sequence });
      return undefined;
    },
    async append(intent) {
      const published = await bus.publish(subject, encodeMessage(intentMessage(intent)), {
        messageId: `intent-${intent.hash}`,
        expectLastSubjectSequence: lastSequence,
      });
      if (published.status === 'conflict') return 'conflict';
      lastSequence = published.sequence;
      return 'stored';
    },
  };
}

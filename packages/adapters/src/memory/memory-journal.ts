/** A journal that lives as long as its process: for accounts whose calls no successor continues, and for tests. */
import type { Intent } from '@assay/protocol/batch/intent';
import type { IntentJournal } from '@assay/protocol/ports';

/** An empty journal. */
export function memoryJournal(): IntentJournal {
  let newest: Intent | undefined;
  return {
    last: async () => newest,
    append: async (intent) => {
      newest = intent;
      return 'stored';
    },
  };
}

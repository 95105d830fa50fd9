/** No-op logger: the log where the caller hands in none. */
import type { Log } from '@assay/protocol/ports';

const nothing = (): void => undefined;

/** Takes every entry and keeps none. */
export const noOpLogger: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

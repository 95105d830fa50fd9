/** No-op logger, the default if the caller passes none. */
import type { Log } from '@assay/protocol/ports';

const nothing = (): void => undefined;

/** Discards every entry. */
export const noOpLogger: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

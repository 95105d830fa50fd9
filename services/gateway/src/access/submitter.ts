/** Which key handed a task or question in: a header of its message that only gateways can make and read. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Headers } from '@assay/protocol/ports';
import type { ContentPlace } from '@assay/protocol/task/content-place';
import type { ApiRequest } from '../api.ts';
import type { Gateway } from '../gateway.ts';

const header = 'assay-submitter';

/** The header for what a request hands in under an id; none where the gateway asks for no keys. */
export function submittedBy({ keys }: Pick<Gateway, 'keys'>, { key }: Pick<ApiRequest, 'key'>, id: Hex): Headers {
  return keys === undefined || key === undefined ? {} : { [header]: keys.sealSubmitter(key, id) };
}

/** The id of the key that handed in a task, or the question that it was first; undefined where nobody can tell. */
export async function submitterOf(
  { bus, keys }: Pick<Gateway, 'bus' | 'keys'>,
  { kind, id }: ContentPlace,
): Promise<string | undefined> {
  const message =
    kind === 'task' ? await bus.last('TASKS', subjects.task(id)) : await bus.last('QUESTIONS', subjects.question(id));
  const sealed = message?.headers[header];
  return sealed === undefined ? undefined : keys?.openSubmitter(sealed, id);
}

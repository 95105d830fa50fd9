/** `assay bench keys`: measures both methods of key agreement. */
import { Progress, print } from '@assay/cli/output/terminal';
import { benchKeys } from './keys.ts';
import { keysLinesOf } from './keys-table.ts';

/** Runs the bench and prints it, as a table or as one JSON object; resolves with the exit code 0. */
export async function benchKeysCommand(options: {
  readonly sessions: number;
  readonly json: boolean;
}): Promise<number> {
  const progress = new Progress();
  const result = await benchKeys({ sessions: options.sessions, onProgress: (step) => progress.say(step) });
  progress.end();
  if (options.json) print(JSON.stringify(result));
  else for (const line of keysLinesOf(result)) print(line);
  return 0;
}

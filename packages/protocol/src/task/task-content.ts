/** The content of a task for a check: plain bytes, or the reason why there are none. */

/**
 * Why the content of a submission is not available. Only `seal-invalid` is its miner's fault: the key that was granted
 * does not open it. `key-unavailable`: no key was granted. `task-incomplete`: it is there, and the prompt or another
 * submission is not.
 */
export const contentProblems = [
  'content-missing',
  'cid-mismatch',
  'seal-invalid',
  'key-unavailable',
  'task-incomplete',
] as const;

export type ContentProblem = (typeof contentProblems)[number];

/** Problems of the network, which has lost content or a key: they say nothing about the submission. */
export const absences = [
  'content-missing',
  'cid-mismatch',
  'key-unavailable',
  'task-incomplete',
] as const satisfies readonly ContentProblem[];

/** One submission's output, plain (unsealed) bytes. */
export type OutputContent = { readonly bytes: Uint8Array } | { readonly problem: ContentProblem };

/** Prompt and outputs of a task, outputs in submission order. */
export interface TaskContent {
  readonly prompt: string;
  readonly outputs: readonly OutputContent[];
}

/** The text of an output; invalid UTF-8 becomes U+FFFD. Undefined without content. */
export function outputText(output: OutputContent): string | undefined {
  return 'bytes' in output ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(output.bytes) : undefined;
}

/** The content of a task as a check sees it: plain bytes, or why there are none. */

/** Why the content of a submission cannot be looked at. */
export type ContentProblem = 'content-missing' | 'cid-mismatch' | 'seal-invalid';

/** One submission's output, plain (unsealed) bytes. */
export type OutputContent = { readonly bytes: Uint8Array } | { readonly problem: ContentProblem };

/** Prompt and outputs of a task, outputs in submission order. */
export interface TaskContent {
  readonly prompt: string;
  readonly outputs: readonly OutputContent[];
}

/** The text of an output; bytes that are not UTF-8 become U+FFFD. Undefined where there is no content. */
export function outputText(output: OutputContent): string | undefined {
  return 'bytes' in output ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(output.bytes) : undefined;
}

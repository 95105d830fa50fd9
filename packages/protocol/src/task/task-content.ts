/** The content of a task for a check: plain bytes, or the reason why there are none. */

/** Why the content of a submission is not available. */
export type ContentProblem = 'content-missing' | 'cid-mismatch' | 'seal-invalid';

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

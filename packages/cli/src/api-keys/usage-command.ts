/** `assay key usage`: what an API key used at a Router, and what that cost. */
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { errorText } from '@assay/protocol/error-text';
import { tuning } from '@assay/protocol/tuning';
import { z } from 'zod';
import { UsageError } from '../commands/usage-error.ts';
import { readConnection } from '../network/network-file.ts';
import { print, tableOf } from '../output/terminal.ts';

/** Options of `key usage`. */
export interface UsageCommand {
  /** Base URL of the Router, as http://127.0.0.1:8800/v1; by default the one of this folder. */
  readonly router?: string;
  readonly keyFile?: string;
  readonly from?: string;
  readonly to?: string;
  /** All keys, not only the one that asks. */
  readonly all: boolean;
  readonly format: 'table' | 'json' | 'csv';
}

const answerSchema = z.object({
  usage: z.array(
    z.object({
      day: z.string(),
      key: z.string(),
      model: z.string(),
      requests: z.number(),
      answered: z.number(),
      promptTokens: z.number(),
      completionTokens: z.number(),
      cost: z.number(),
      paid: z.string(),
    }),
  ),
});
const numbers = [3, 4, 5, 6, 7, 8];

/** Prints it. Returns the exit code. */
export async function usageCommand({ router, keyFile, all, format, from, to }: UsageCommand): Promise<number> {
  const base = router ?? (await readConnection(process.cwd()))?.openaiBaseUrl;
  if (base === undefined)
    throw new UsageError('No Router runs from this folder; give the base URL of one: --router <url>');
  const apiKey = keyFile === undefined ? process.env.ASSAY_API_KEY : readSecretFile(keyFile);
  const query = new URLSearchParams({ of: all ? 'all' : 'own', format: format === 'csv' ? 'csv' : 'json' });
  if (from !== undefined) query.set('from', from);
  if (to !== undefined) query.set('to', to);
  const text = await read(`${base.replace(/\/+$/, '')}/usage?${query.toString()}`, apiKey);
  if (format !== 'table') print(text.trimEnd());
  else {
    const { usage } = answerSchema.parse(JSON.parse(text));
    const head = ['day', 'key', 'model', 'requests', 'answered', 'prompt tokens', 'completion tokens', 'cost', 'paid'];
    for (const line of tableOf([head, ...usage.map((row) => Object.values(row).map(String))], numbers)) print(line);
  }
  return 0;
}

async function read(url: string, apiKey: string | undefined): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      headers: apiKey === undefined || apiKey === '' ? {} : { authorization: `Bearer ${apiKey}` },
      signal: AbortSignal.timeout(tuning.chainRequestTimeoutMs),
      redirect: 'error',
    });
    text = await response.text();
  } catch (cause) {
    throw new Error(`The Router does not answer: ${errorText(cause)}. Check its address.`, { cause });
  }
  if (response.ok) return text;
  const { error } = z.object({ error: z.object({ message: z.string() }) }).parse(JSON.parse(text));
  throw new Error(`The Router refused: ${error.message}`);
}

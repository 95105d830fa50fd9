/** An HTTP server with a model of single characters, whose numbers are known exactly, and which can misbehave. */
import { type JsonServer, startJsonServer } from './json-server.fixture.ts';

/** Chances of the characters that the model knows, after any context. */
const chances: Readonly<Record<string, number>> = { a: 0.5, b: 0.25, c: 0.125, d: 0.0625 };

/** How the server scores a prompt: by neither form, or by one. */
export type ServerForm = 'none' | 'echo' | 'prompt';

/** What a test may change between requests. */
export interface ModelServer extends JsonServer<Completion> {
  form: ServerForm;
}

type Logprob = (token: string) => number;

interface Completion {
  readonly model: string;
  readonly prompt: string;
  readonly max_tokens: number;
  readonly logprobs?: number;
  readonly prompt_logprobs?: number;
}

/** Starts a server on loopback. `other` is the chance of each other character. */
export async function startModelServer(form: ServerForm, other = 0.001): Promise<ModelServer> {
  const logprobOf = (token: string) => Math.log(chances[token] ?? other);
  const server = await startJsonServer<Completion>((path, body) =>
    path === '/v1/models' ? { data: [{ id: 'letters' }] } : completion(made.form, body, logprobOf),
  );
  const made: ModelServer = Object.assign(server, { form });
  return made;
}

function completion(
  form: ServerForm,
  { model, prompt, max_tokens: count, logprobs, prompt_logprobs }: Completion,
  logprobOf: Logprob,
) {
  const written = 'a'.repeat(count);
  const choice: Record<string, unknown> = { text: written, finish_reason: 'length' };
  if (form === 'echo' && logprobs !== undefined) {
    const tokens = (prompt + written).split('');
    const own = tokens.map((token, at) => (at === 0 ? null : logprobOf(token)));
    const top = tokens.map((token, at) =>
      at === 0 ? null : Object.fromEntries([...likeliest(logprobs), token].map((one) => [one, logprobOf(one)])),
    );
    choice.logprobs = { tokens, token_logprobs: own, top_logprobs: top };
  }
  if (form === 'prompt' && prompt_logprobs !== undefined) {
    const place = (token: string) =>
      Object.fromEntries(
        [...likeliest(prompt_logprobs), token].map((one) => [
          String(one.codePointAt(0)),
          { logprob: logprobOf(one), rank: 1, decoded_token: one },
        ]),
      );
    choice.prompt_token_ids = prompt.split('').map((token) => token.codePointAt(0));
    choice.prompt_logprobs = prompt.split('').map((token, at) => (at === 0 ? null : place(token)));
  }
  return { model, choices: [choice], usage: { completion_tokens: count } };
}

function likeliest(count: number): string[] {
  return Object.keys(chances).slice(0, count);
}

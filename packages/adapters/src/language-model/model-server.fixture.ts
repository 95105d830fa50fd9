/** An HTTP server with a model of single characters, whose numbers are known exactly, and which can misbehave. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Chances of the characters that the model knows, after any context. */
const chances: Readonly<Record<string, number>> = { a: 0.5, b: 0.25, c: 0.125, d: 0.0625 };

/** How the server scores a prompt: by neither form, or by one. */
export type ServerForm = 'none' | 'echo' | 'prompt';

/** What a test may change between requests. */
export interface ModelServer {
  readonly url: string;
  readonly requests: { readonly path: string; readonly key: string | undefined; readonly body: Completion }[];
  form: ServerForm;
  /** Changes the answer's JSON text, or answers with a status, or never (undefined). */
  spoil: ((text: string) => string | number | undefined) | undefined;
  close(): Promise<void>;
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
  const server = createServer((request, response) => void answer(made, logprobOf, request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const made: ModelServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests: [],
    form,
    spoil: undefined,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => void server.close(() => resolve()));
    },
  };
  return made;
}

async function answer(
  server: ModelServer,
  logprobOf: Logprob,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let text = '';
  for await (const part of request) text += String(part);
  const path = request.url ?? '';
  const body = (text === '' ? {} : JSON.parse(text)) as Completion;
  server.requests.push({ path, key: request.headers.authorization, body });
  const whole = path === '/v1/models' ? { data: [{ id: 'letters' }] } : completion(server.form, body, logprobOf);
  const honest = JSON.stringify(whole);
  const spoilt = server.spoil === undefined ? honest : server.spoil(honest);
  if (spoilt === undefined) return;
  response.writeHead(typeof spoilt === 'number' ? spoilt : 200, { 'content-type': 'application/json' });
  response.end(typeof spoilt === 'number' ? '' : spoilt);
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

import { sha256Hex, utf8 } from '@assay/protocol/encoding/bytes';
import type { LanguageModel, ScoredToken } from '@assay/protocol/language-model/language-model';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../process/system-clock.ts';
import { connectEndpointModel, type EndpointModelOptions } from './endpoint-model.ts';
import { type ModelServer, startModelServer } from './model-server.fixture.ts';

const quick = { nowMs: () => Date.now(), sleep: async () => undefined };
let server: ModelServer;

beforeAll(async () => {
  server = await startModelServer('echo');
});

beforeEach(() => {
  server.form = 'echo';
  server.spoil = undefined;
  server.requests.length = 0;
});

afterAll(() => server.close());

const options = (changes: Partial<EndpointModelOptions> = {}): EndpointModelOptions => ({
  modelDigest: sha256Hex(utf8('letters')),
  model: 'letters',
  url: server.url,
  isOwn: true,
  probe: { context: 'a?', text: 'abab' },
  likeliestMax: 3,
  timeoutMs: 10_000,
  requestsMax: 2,
  clock: quick,
  ...changes,
});
const asked = { context: 'xx', text: 'abd' };
const likeliest = [-693, -1_386, -2_079];
const expected: ScoredToken[] = [
  { logprob: -693, likeliest },
  { logprob: -1_386, likeliest },
  { logprob: -2_773, likeliest },
];
const faultOf = async (model: LanguageModel, text = 'abd') => {
  const [answer] = await model.score([{ context: 'xx', text }]);
  return answer?.ok === true ? 'none' : answer?.fault;
};

describe.each(['echo', 'prompt'] as const)('a server that scores by %s', (form) => {
  it('gives the log-probabilities of the text alone, with the most likely tokens', async () => {
    server.form = form;
    const model = await connectEndpointModel(options());
    expect(await model.score([asked, { context: '', text: '' }])).toEqual([
      { ok: true, value: expected },
      { ok: true, value: [] },
    ]);
  });

  it.each<[string, string, (text: string) => string | number]>([
    ['garbage', 'malformed', () => '<html>'],
    ['another shape', 'malformed', () => '{"choices":[]}'],
    ['NaN', 'malformed', (text) => text.replaceAll('-0.6931471805599453', 'NaN')],
    ['a chance above 1', 'impossible-numbers', (text) => text.replaceAll('-1.3862943611198906', '1.386')],
    [
      'a token that is likelier than the likeliest',
      'impossible-numbers',
      (text) => text.replace('-2.772588722239781', '-0.1'),
    ],
    ['chances that are more than the whole', 'impossible-numbers', (text) => text.replaceAll('-1.38', '-0.69')],
    ['another model', 'wrong-model', (text) => text.replace('"letters"', '"bigger"')],
    ['a client error', 'malformed', () => 400],
    ['an error of the server', 'refused', () => 503],
  ])('is not believed: %s', async (_, fault, spoil) => {
    server.form = form;
    const model = await connectEndpointModel(options());
    server.spoil = spoil;
    expect(await faultOf(model)).toBe(fault);
    server.spoil = undefined;
    expect(await faultOf(model)).toBe('none');
  });

  it('is not believed when the tokens are not those of the text', async () => {
    server.form = form;
    const model = await connectEndpointModel(options());
    server.spoil = (text) =>
      form === 'echo'
        ? text.replace('"b","d"', '"b","c"')
        : text.replaceAll('"decoded_token":"d"', '"decoded_token":"e"');
    expect(await faultOf(model)).toBe('not-the-text');
  });
});

describe('connecting', () => {
  it.each<[string, RegExp, () => Partial<EndpointModelOptions>]>([
    ['nobody is there', /gives no list of models \(unreachable\)/, () => ({ url: 'http://127.0.0.1:1/v1' })],
    ['the model has another name', /has no model "words". It has: letters/, () => ({ model: 'words' })],
    [
      'it does not score given texts',
      /no log-probabilities of a given text \(prompt_logprobs with return_token_ids: malformed; echo with logprobs: malformed\)/,
      () => {
        server.form = 'none';
        return {};
      },
    ],
    [
      'the numbers are those of other positions',
      /of other positions/,
      () => ({ probe: { context: 'a', text: 'xyz' } }),
    ],
  ])('says what is missing: %s', async (_, message, prepare) => {
    await expect(connectEndpointModel(options(prepare()))).rejects.toThrow(message);
  });

  it('sends the key, and content nowhere but to the endpoint', async () => {
    await connectEndpointModel(options({ apiKey: 'secret' }));
    expect(new Set(server.requests.map(({ key }) => key))).toEqual(new Set(['Bearer secret']));
  });
});

describe('a bound', () => {
  it('of time ends a request that is never answered', async () => {
    const model = await connectEndpointModel(options({ timeoutMs: 200, clock: systemClock }));
    server.spoil = () => undefined;
    expect(await faultOf(model)).toBe('timed-out');
  });

  it('of tries ends with a server that keeps failing, and one that recovers is asked again', async () => {
    const model = await connectEndpointModel(options());
    server.requests.length = 0;
    server.spoil = () => 500;
    expect(await faultOf(model)).toBe('refused');
    expect(server.requests).toHaveLength(3);
    server.spoil = (text) => (server.requests.length < 5 ? 500 : text);
    expect(await faultOf(model)).toBe('none');
  });

  it('of tokens keeps requests here', async () => {
    const model = await connectEndpointModel(options({ tokensPerMinute: 3 }));
    server.requests.length = 0;
    expect(await faultOf(model)).toBe('none');
    expect(await faultOf(model)).toBe('out-of-budget');
    expect(server.requests).toHaveLength(1);
  });

  it('of size keeps longer texts here, and drops longer answers', async () => {
    const model = await connectEndpointModel(options());
    server.requests.length = 0;
    expect(await faultOf(model, 'a'.repeat(400_000))).toBe('too-long');
    expect(server.requests).toHaveLength(0);
    server.spoil = (text) => text + ' '.repeat(2_000_000);
    expect(await faultOf(model)).toBe('malformed');
  });

  it('is the signal of the caller', async () => {
    const model = await connectEndpointModel(options());
    await expect(model.score([asked], AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    const controller = new AbortController();
    server.spoil = () => {
      controller.abort(new Error('stopped'));
      return undefined;
    };
    await expect(model.score([asked], controller.signal)).rejects.toThrow('stopped');
  });
});

it('writes text from the whole distribution', async () => {
  const model = await connectEndpointModel(options());
  server.requests.length = 0;
  const request = { context: 'x', tokensMax: 3, temperatureMilli: 1_000, seed: 7 };
  expect(await model.generate(request)).toEqual({ ok: true, value: { text: 'aaa', isEnded: false } });
  expect(server.requests[0]?.body).toMatchObject({
    max_tokens: 3,
    temperature: 1,
    top_p: 1,
    top_k: 0,
    min_p: 0,
    seed: 7,
  });
});

/**
 * The adapter of language models and the real small model, served by `setup/language-model/serve.py`. Skipped where the
 * Python package llama-cpp-python (in the Python that LLAMA_PYTHON names) or the model is missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { connectEndpointModel } from '@assay/adapters/language-model/endpoint-model';
import { type ServerProcess, startServer } from '@assay/adapters/process/child-server';
import { systemClock } from '@assay/adapters/process/system-clock';
import { textEvidence } from '@assay/checks/inference/text-evidence';
import type { LanguageModel } from '@assay/protocol/language-model/language-model';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const python = process.env.LLAMA_PYTHON ?? 'python3';
const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const model = pathOf('models/language-model/smollm2-135m-instruct-q4_1.gguf');
const isThere = existsSync(model) && spawnSync(python, ['-c', 'import llama_cpp']).status === 0;
const skipped = ' (skipped: run "npm run setup -- language-model", and install llama-cpp-python)';
const [before, after] = ['<|im_start|>user\n', '<|im_end|>\n<|im_start|>assistant\n'];
const context = `${before}Why is the sky blue?${after}`;
const greedy = { temperatureMilli: 0, likeliest: 16, tieMilli: 20, missesPpm: 20_000 };
const evidenceMin = 9_210;

describe.skipIf(!isThere)(`a real language model${isThere ? '' : skipped}`, () => {
  let server: ServerProcess;
  let connected: LanguageModel;

  beforeAll(async () => {
    server = await startServer({
      name: 'language model',
      command: python,
      install: 'pip install llama-cpp-python',
      scheme: 'http',
      args: (port) => [
        pathOf('setup/language-model/serve.py'),
        model,
        '--name',
        'small',
        '--context',
        '256',
        '--port',
        String(port),
      ],
      probe: async (port) => {
        await fetch(`http://127.0.0.1:${port}/v1/models`);
      },
    });
    connected = await connectEndpointModel({
      modelDigest: `0x${'00'.repeat(32)}`,
      model: 'small',
      url: `${server.url}/v1`,
      isOwn: true,
      probe: { context: `${before}Count from one to ten.${after}`, text: 'One, two, three, four, five, six.' },
      likeliestMax: 20,
      timeoutMs: 60_000,
      requestsMax: 1,
      clock: systemClock,
    });
  }, 60_000);

  afterAll(() => server?.stop());

  it("tells its own text at temperature 0 from somebody else's", async () => {
    const written = await connected.generate({ context, tokensMax: 48, temperatureMilli: 0 });
    const own = written.ok ? written.value.text : '';
    const other = 'Sunlight meets the gases of the air, which throw its short waves about far more than the long ones.';
    const [ours, theirs] = await connected.score([
      { context, text: own },
      { context, text: other },
    ]);
    if (ours?.ok !== true || theirs?.ok !== true) throw new Error('The model scored nothing.');
    expect(textEvidence(ours.value, greedy).log).toBeLessThan(0);
    expect(textEvidence(theirs.value, greedy).log).toBeGreaterThan(evidenceMin);
  }, 60_000);

  it('gives a fault for a text that does not fit, and for a server that is killed meanwhile', async () => {
    expect(await connected.score([{ context, text: 'word '.repeat(400) }])).toEqual([
      { ok: false, fault: 'malformed' },
    ]);
    const scoring = connected.score([{ context, text: 'The sky is blue because of scattering. '.repeat(4) }]);
    await server.kill();
    expect(await scoring).toEqual([{ ok: false, fault: 'unreachable' }]);
  }, 60_000);
});

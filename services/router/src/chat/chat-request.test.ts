import { afterEach, describe, expect, it } from 'vitest';
import { ask, honest, stopMiners } from '../router.fixture.ts';
import { paths } from '../routes.ts';

afterEach(stopMiners);

const schema = { type: 'object', properties: { sum: { type: 'integer' } }, required: ['sum'] };
const asked = (one: object) => ({
  response_format: { type: 'json_schema', json_schema: { name: 'sum', schema: one } },
});

describe('a response format', () => {
  it('with a schema goes to the miners and into the task', async () => {
    const seen: string[] = [];
    const { tasks } = await ask(
      [
        async (request, response) => {
          for await (const part of request) seen.push(String(part));
          honest(1)(request, response);
        },
      ],
      asked(schema),
      'verified',
    );
    expect(JSON.parse(seen.join(''))).toMatchObject(asked(schema));
    expect(tasks[0]?.parameters).toEqual({ model: 'm', answerSchema: schema });
  });

  it.each([{ type: 'json_object' }, { type: 'text' }, null])('%j asks for no schema', async (response_format) => {
    const { tasks } = await ask([honest(1)], { response_format }, 'verified');
    expect(tasks[0]?.parameters).toEqual({ model: 'm' });
  });

  it.each([paths.chat, paths.text])('with a schema that cannot be used is refused at %s', async (path) => {
    const { answer, tasks } = await ask([honest(1)], asked({ $ref: 'https://schemas.test/a' }), 'verified', { path });
    expect(answer).toMatchObject({
      status: 400,
      body: { error: { code: 'malformed', param: 'response_format.json_schema.schema' } },
    });
    expect(tasks).toEqual([]);
  });

  it('is the miners’ matter without the network', async () => {
    const { answer } = await ask([honest(1)], asked({ $ref: 'https://schemas.test/a' }), 'off');
    expect(answer.status).toBe(200);
  });
});

import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiRequest } from '../api.ts';
import { RecentTasks } from '../explorer/recent-tasks.ts';
import { requestOf, testGateway } from '../gateway.fixture.ts';
import { routesOf } from '../handler.ts';
import { openApiDocument } from './document.ts';

type Answers = Record<string, { content: Record<string, { schema: { $ref: string } }> }>;

const document = openApiDocument() as {
  paths: Record<string, Record<string, { responses: Answers; requestBody?: unknown }>>;
};
const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addFormat('base64', true);
ajv.addSchema(document, 'api');

const template = (path: string) => path.replaceAll(/:(\w+)/gu, '{$1}');
const { task } = exampleTask();
const example = exampleNetwork();
const report = exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
const known = { taskId: task.taskId };
const unknown = { taskId: `0x${'12'.repeat(32)}` };
const sessionId = `0x${'5e'.repeat(32)}`;
const body = { reference: 'r', prompt: 'p', submissions: [{ miner: 'm-1', output: 'o' }] };

/** Asks a route, and checks status and body of the answer against the document. */
async function ask(gateway: Gateway, method: string, path: string, request: Partial<ApiRequest> = {}) {
  const route = routesOf(gateway).find((one) => one.method === method && template(one.path) === path);
  const answer = await route?.handler(requestOf(request));
  const described = document.paths[path]?.[method.toLowerCase()]?.responses[String(answer?.status)];
  if (described === undefined) throw new Error(`${method} ${path} answers ${answer?.status}, which is not described`);
  const mediaType = answer?.contentType ?? 'application/json';
  expect(mediaType).toBe((answer?.status ?? 0) < 400 ? 'application/json' : 'application/problem+json');
  const $ref = described.content[mediaType]?.schema.$ref ?? '';
  const fits = ajv.validate({ $ref: `api${$ref}` }, JSON.parse(JSON.stringify(answer?.body)));
  expect(fits, `${path}: ${ajv.errorsText()}`).toBe(true);
  return answer?.status;
}
type Gateway = ReturnType<typeof testGateway>['gateway'];

describe('openApiDocument', () => {
  it('is valid OpenAPI 3.1', async () => {
    const { valid, errors } = await new Validator().validate(structuredClone(document));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
  });

  it('describes every route and no other', () => {
    const routes = routesOf(testGateway().gateway).map(({ method, path }) => `${method} ${template(path)}`);
    const described = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    // What has no JSON of the API: the way to the document, the explorer's page, and its stream of events.
    const others = ['GET /', 'GET /v1/openapi.json', 'GET /explorer/{file}', 'GET /v1/events'];
    expect(described.toSorted()).toEqual(routes.filter((one) => !others.includes(one)).toSorted());
  });

  it('describes the answers', async () => {
    const { gateway } = testGateway();
    const submit = (sent: unknown) => ask(gateway, 'POST', '/v1/tasks', { body: sent });
    expect(await submit(body)).toBe(202);
    expect(await submit(body)).toBe(409);
    const asking = { reference: 'q', prompt: 'p', answersUntilMs: 1_000 };
    expect(await submit(asking)).toBe(202);
    expect(await submit({ ...asking, answersUntilMs: 0 })).toBe(400);
    const question = await ask(gateway, 'POST', '/v1/tasks/{taskId}/submissions', { params: unknown, body: {} });
    expect(question).toBe(404);
    expect(await submit({ ...body, policy: 'unheard-of' })).toBe(422);
    expect(await submit({ ...body, prompt: 'x'.repeat(1_000_000) })).toBe(413);
    await gateway.bus.publish(subjects.task(task.taskId), encodeMessage(task));
    expect(await ask(gateway, 'GET', '/v1/tasks/{taskId}', { params: known })).toBe(200);
    expect(await ask(gateway, 'GET', '/v1/reports/{taskId}', { params: known })).toBe(404);
    expect(await ask(gateway, 'GET', '/v1/tasks/{taskId}/explain', { params: known })).toBe(404);
    await gateway.bus.publish(subjects.report(task.taskId), encodeMessage(report));
    expect(await ask(gateway, 'GET', '/v1/reports/{taskId}', { params: known })).toBe(200);
    expect(await ask(gateway, 'GET', '/v1/tasks/{taskId}/explain', { params: known })).toBe(200);
    const ofAnother = { ...gateway, policies: () => [] };
    expect(await ask(ofAnother, 'GET', '/v1/tasks/{taskId}/explain', { params: known })).toBe(422);
    expect(await ask(gateway, 'GET', '/v1/reports/{taskId}', { params: unknown })).toBe(404);
    expect(await ask(gateway, 'GET', '/v1/tasks')).toBe(404);
    const { bus, clock, telemetry, policies } = gateway;
    const watching = { bus, clock, log: telemetry.log, policies, tasksMax: 9, watchersMax: 9 };
    const explorer = { ...gateway, recent: new RecentTasks(watching) };
    expect(await ask(explorer, 'GET', '/v1/tasks')).toBe(200);
    expect(await ask(gateway, 'GET', '/v1/standing')).toBe(404);
    expect(await ask(explorer, 'GET', '/v1/standing')).toBe(200);
    expect(await ask(explorer, 'GET', '/v1/tasks/{taskId}/content', { params: known })).toBe(200);
    expect(await ask(gateway, 'GET', '/v1/network')).toBe(200);
    expect(await ask(gateway, 'GET', '/v1/sessions/{sessionId}/messages', { params: { sessionId } })).toBe(200);
    const limited = { ...gateway, rateLimiter: { take: async () => ({ allowed: false, retryAfterMs: 1 }) } };
    expect(await ask(limited, 'GET', '/v1/network')).toBe(429);
  });

  it('describes the answer to any request', async () => {
    const { gateway } = testGateway();
    const params = fc.oneof(fc.constant({ taskId: task.taskId, sessionId }), fc.dictionary(fc.string(), fc.string()));
    const routes = fc.constantFrom(...Object.keys(document.paths).map((path) => path));
    const sent = fc.oneof(
      fc.anything(),
      fc.record({ reference: fc.string(), prompt: fc.string(), submissions: fc.anything() }),
    );
    const asked = fc.record({ params, query: fc.dictionary(fc.string(), fc.string()), body: sent });
    await fc.assert(
      fc.asyncProperty(routes, asked, async (path, request) => {
        for (const method of Object.keys(document.paths[path] ?? {})) {
          expect(await ask(gateway, method.toUpperCase(), path, request)).toBeLessThan(500);
        }
      }),
      { numRuns: 200 },
    );
  });
});

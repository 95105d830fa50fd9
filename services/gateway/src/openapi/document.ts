/** The OpenAPI 3.1 document of the API, made from the schemas that handlers and clients check with. */
import { keyIdSchema } from '@assay/protocol/api/api-keys';
import { problemCodeSchema, problemMediaType } from '@assay/protocol/api/problem';
import { webhookIdSchema } from '@assay/protocol/api/webhooks';
import { digestSchema } from '@assay/protocol/encoding/fields';
import { z } from 'zod';
import { operations } from './operations.ts';
import { type Operation, type SchemaName, schemas } from './schemas.ts';

/** The OpenAPI 3.1 document as JSON values. It depends on nothing but this version's code. */
export function openApiDocument(): Record<string, unknown> {
  const byPath: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    const path = templateOf(operation.path);
    byPath[path] = { ...byPath[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Assay gateway',
      version: 'v1',
      description: 'Submit tasks, read certified reports, agree on session keys.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: byPath,
    components: {
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: 'An API key, where API_KEYS is required.' },
      },
      schemas: jsonSchemas(),
    },
  };
}

/** `/v1/tasks/:taskId` as `/v1/tasks/{taskId}`. */
function templateOf(path: string): string {
  return path.replaceAll(/:(\w+)/gu, '{$1}');
}

const sharedRefusals: Operation['refusals'] = {
  429: 'Too many requests: `too-many-requests`. Try again after `retry-after` seconds.',
  500: 'The request failed inside the gateway: `internal`.',
};

const refusalsOfKeys: Operation['refusals'] = {
  401: 'The request has no valid API key: `unauthenticated`.',
  403: 'The API key lacks the scope: `out-of-scope`.',
  503: 'The gateway cannot tell now which API keys are valid, or the audit log takes no records: `keys-unavailable`, `audit-unavailable`. Try again after `retry-after` seconds.',
};

/** Parameters of paths that are no id of a task, question or session. */
const pathSchemas: Readonly<Record<string, z.ZodType>> = {
  keyId: keyIdSchema,
  webhookId: webhookIdSchema,
  code: problemCodeSchema,
};

function describe({ path, body, query = {}, answer, refusals, operationId, summary, needs }: Operation): unknown {
  const meanings = [sharedRefusals, needs === undefined ? {} : refusalsOfKeys, refusals];
  const statuses = [...new Set(meanings.flatMap((one) => Object.keys(one)))];
  const refused = statuses.map((status) => {
    const description = meanings.flatMap((one) => one[Number(status)] ?? []).join(' ');
    return [status, { description, ...jsonContent('Problem', problemMediaType) }];
  });
  const inPath = [...path.matchAll(/:(\w+)/gu)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: withoutDialect(z.toJSONSchema(pathSchemas[name ?? ''] ?? digestSchema)),
  }));
  const inQuery = Object.entries(query).map(([name, { description, ...field }]) => ({
    name,
    in: 'query',
    description,
    schema:
      'of' in field
        ? withoutDialect(z.toJSONSchema(field.of))
        : { type: 'integer', minimum: 0, maximum: field.maximum, default: 0 },
  }));
  return {
    operationId,
    summary,
    parameters: [...inPath, ...inQuery],
    // Keys are asked for where the gateway is set so: without one is an alternative.
    ...(needs === undefined ? {} : { security: [{ apiKey: [] }, {}], 'x-assay-scope': needs }),
    ...(body === undefined ? {} : { requestBody: { required: true, ...jsonContent(body) } }),
    responses: {
      [answer.status]: { description: answer.description, ...jsonContent(answer.schema) },
      ...Object.fromEntries(refused),
    },
  };
}

function jsonContent(name: SchemaName, mediaType = 'application/json') {
  return { content: { [mediaType]: { schema: { $ref: `#/components/schemas/${name}` } } } };
}

/** All named schemas in JSON Schema 2020-12, the dialect of OpenAPI 3.1. What a client sends may omit defaults. */
function jsonSchemas(): Record<string, unknown> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(schemas)) registry.add(schema, { id });
  const made = z.toJSONSchema(registry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ jsonSchema }) => asArrayOfOneKind(jsonSchema),
  });
  return Object.fromEntries(Object.entries(made.schemas).map(([id, schema]) => [id, withoutDialect(schema)]));
}

/**
 * States a tuple of equal items as an array of a fixed length. Generators of clients know no `prefixItems`, nor
 * `items: false`.
 */
function asArrayOfOneKind(schema: z.core.JSONSchema.BaseSchema): void {
  const { prefixItems } = schema;
  if (prefixItems === undefined) return;
  const [first, ...others] = prefixItems.map((item) => JSON.stringify(item));
  if (first === undefined || others.some((other) => other !== first)) return;
  delete schema.prefixItems;
  Object.assign(schema, { items: prefixItems[0], minItems: prefixItems.length, maxItems: prefixItems.length });
}

/** A schema without the fields that only a document of its own has. */
function withoutDialect<T extends object>(schema: T): Omit<T, '$schema' | '$id'> {
  const { $schema: _, $id: __, ...rest } = schema as T & { $schema?: unknown; $id?: unknown };
  return rest as Omit<T, '$schema' | '$id'>;
}

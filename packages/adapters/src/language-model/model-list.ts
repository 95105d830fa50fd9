/** The models that an OpenAI-compatible endpoint lists. */
import { z } from 'zod';
import { callEndpoint, type Endpoint } from './endpoint-call.ts';

const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })).max(10_000) });

/** Rejects with the next step if the endpoint is not there or lists no model of that name. */
export async function requireModel(endpoint: Endpoint, model: string): Promise<void> {
  const { origin } = new URL(endpoint.url);
  const answer = await callEndpoint(endpoint, { path: '/models', answerBytesMax: 1024 * 1024 });
  if (!answer.ok)
    throw new Error(
      `The model's endpoint at ${origin} gives no list of models (${answer.fault}). Check the address and the key, and that it runs.`,
    );
  const listed = modelsSchema.safeParse(answer.value);
  const names = listed.success ? listed.data.data.map(({ id }) => id) : [];
  if (names.includes(model)) return;
  const there = names.slice(0, 5).join(', ') || 'none';
  throw new Error(`The endpoint at ${origin} has no model "${model}". It has: ${there}. Name one of them.`);
}

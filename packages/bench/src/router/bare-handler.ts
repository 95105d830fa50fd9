/** The baseline: a handler of the gateway's framework that parses a task and answers, in a process of its own. */
import Fastify from 'fastify';

const bodyLimit = 8 * 2 ** 20;

const app = Fastify({ bodyLimit, logger: false });
app.post('/v1/tasks', async (request, reply) => {
  const { reference } = request.body as { readonly reference?: unknown };
  return reply.status(202).send({ taskId: `0x${'0'.repeat(64)}`, reference, status: 'pending' });
});
process.once('SIGTERM', () => void app.close());
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.send?.({ port: Number(new URL(url).port) });
// Without a parent there is nothing to measure.
process.once('disconnect', () => void app.close());

/**
 * Floods by stolen credentials: everybody who may log in at the bus sends as fast as it can what its permissions allow.
 * The subjects come from the table of permissions, so a new permission is flooded too.
 */
import { type BusIdentity, busPermissionsOf, busUserOf, inboxPrefixOf } from '@assay/protocol/bus/permissions';
import { messageBytesMaxOf, type StreamName, streamOf } from '@assay/protocol/bus/subjects';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import type { SeededRandom } from '../sim/seeded-random.ts';
import type { ChaosNetwork } from './chaos-network.ts';
import { alone, type Inject } from './fault.ts';

/** The header of every message of a flood. */
export const floodHeader = 'Chaos-Flood';

/** Messages of a flood, and bytes where messages are large. */
const messagesMax = 1_500;
const bytesMax = 8 * 1024 * 1024;
const flushEvery = 100;
const replayedMax = 50;
const acknowledgedWithinMs = 30_000;

const kinds = ['gateway', 'router', 'aggregator', 'participant', 'validator', 'auditor', 'provisioner'] as const;

/** Faults of this kind by name, one for each kind of credential. */
export const floods: Readonly<Record<string, Inject>> = Object.fromEntries(
  kinds.map((kind) => [
    `flood by ${kind}`,
    (network: ChaosNetwork, random: SeededRandom) => {
      const identities = network.identities.filter((one) => one.kind === kind);
      const identity = random.pick(identities as [BusIdentity, ...BusIdentity[]]);
      return alone(identity, () => flood(network, identity, random));
    },
  ]),
);

/** What an identity may send to the bus without taking work from others or changing the bus. */
function floodedSubjects(identity: BusIdentity): [string, ...string[]] {
  const { publish } = busPermissionsOf(identity);
  const written = publish.filter((subject) => subject.startsWith('assay.v1.'));
  const read = publish.filter((subject) => /^\$JS\.API\.(INFO|STREAM\.(INFO|>)|DIRECT\.GET)/.test(subject));
  return (written.length > 0 ? written : read) as [string, ...string[]];
}

async function flood(network: ChaosNetwork, identity: BusIdentity, random: SeededRandom): Promise<void> {
  const user = busUserOf(identity);
  const inboxPrefix = inboxPrefixOf(identity);
  const login = { user, pass: network.busPassword, inboxPrefix };
  const nc = await connect({ servers: network.servers.nats.url, name: `flood of ${user}`, ...login });
  try {
    const pattern = random.pick(floodedSubjects(identity));
    const next = await messages(network, pattern, random);
    const bytes = Math.max(1, next().data.length);
    const count = Math.min(random.integer(100, messagesMax), Math.max(20, Math.floor(bytesMax / bytes)));
    await send(nc, pattern, count, next);
  } finally {
    await nc.close();
  }
}

/** One message of a flood. */
interface Flooding {
  readonly subject: string;
  readonly data: Uint8Array;
}

/** Sends; where a stream holds the subject, the last message is acknowledged, which proves that the flood was taken. */
async function send(nc: NatsConnection, pattern: string, count: number, next: () => Flooding): Promise<void> {
  const marked = headers();
  marked.set(floodHeader, '1');
  // Whoever floods with requests does not read the answers.
  const unread = pattern.startsWith('$JS.API.') ? { reply: '_INBOX.unread' } : {};
  for (let sent = 1; sent < count; sent++) {
    const { subject, data } = next();
    nc.publish(subject, data, { headers: marked, ...unread });
    if (sent % flushEvery === 0) await nc.flush();
  }
  await nc.flush();
  if (streamOf(pattern) === undefined) return;
  const { subject, data } = next();
  const answer = await nc.request(subject, data, { headers: marked, timeout: acknowledgedWithinMs });
  const { error } = answer.json<{ error?: { description: string } }>();
  if (error !== undefined) throw new Error(`The flood of ${pattern} was not taken: ${error.description}`);
}

/** A subject that a pattern allows, another one each time. */
function subjectOf(pattern: string, random: SeededRandom): string {
  const token = () => Buffer.from(random.bytes(32)).toString('hex');
  if (pattern === '$JS.API.STREAM.>') return '$JS.API.STREAM.INFO.TASKS';
  return pattern
    .split('.')
    .map((part) => (part === '*' || part === '>' ? token() : part))
    .join('.');
}

/** Empty objects, random bytes, the largest messages of the stream, or what was written there before, on its own subject. */
async function messages(network: ChaosNetwork, pattern: string, random: SeededRandom): Promise<() => Flooding> {
  const stream = streamOf(pattern);
  const empty = Buffer.from('{}');
  const anywhere = (data: Uint8Array) => () => ({ subject: subjectOf(pattern, random), data });
  if (stream === undefined) return anywhere(empty);
  switch (random.pick(['empty', 'garbage', 'large', 'replayed'])) {
    case 'garbage':
      return anywhere(random.bytes(random.integer(1, 1_000)));
    case 'large':
      return anywhere(Buffer.alloc(messageBytesMaxOf(pattern), '{"a":'));
    case 'replayed': {
      const [one, ...others] = await writtenBefore(network, stream, pattern, random);
      return one === undefined ? anywhere(empty) : () => random.pick([one, ...others]);
    }
    default:
      return anywhere(empty);
  }
}

/** Messages that a stream holds on the subjects of a pattern, from a random place on. */
async function writtenBefore(
  { bus }: ChaosNetwork,
  stream: StreamName,
  pattern: string,
  random: SeededRandom,
): Promise<Flooding[]> {
  const { first, last } = await bus.extent(stream);
  const found: Flooding[] = [];
  for (let after = random.integer(first - 1, Math.max(first - 1, last)); found.length < replayedMax; ) {
    const message = await bus.next(stream, pattern, after);
    if (message === undefined) break;
    found.push(message);
    after = message.sequence;
  }
  return found;
}

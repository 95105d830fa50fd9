/** Ports for the tests beside this code, as small as they can be: the full twins are adapters, which the runtime must not know. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { type Example, type ExampleOperator, exampleNetwork } from '@assay/protocol/network/example-network';
import type {
  Bus,
  BusMessage,
  Cache,
  Clock,
  ContentStore,
  Delivery,
  SigningJournal,
  Telemetry,
} from '@assay/protocol/ports';
import { signDigest } from '@assay/protocol/signature/signature';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { EvidenceKeeper } from './evidence-keeper.ts';
import { TaskSource } from './task-source.ts';
import type { ValidatorContext } from './validator-context.ts';

/** A clock on which sleeps are noted and pass at once. */
export function instantClock(): Clock & { readonly slept: number[] } {
  const slept: number[] = [];
  return {
    slept,
    nowMs: () => slept.reduce((sum, ms) => sum + ms, 0),
    sleep: async (ms) => void slept.push(ms),
  };
}

/** A clock on which time stands still: a sleep ends when its signal aborts, or when the test wakes all. */
export function stillClock(): Clock & { wakeAll(): void } {
  const sleeping = new Set<() => void>();
  return {
    nowMs: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        sleeping.add(resolve);
        signal?.addEventListener('abort', () => resolve(), { once: true });
      }),
    wakeAll: () => {
      for (const wake of sleeping) wake();
      sleeping.clear();
    },
  };
}

/** Telemetry that keeps the messages it logs and the names that it counts. */
export function heardTelemetry(): Telemetry & { readonly logged: string[]; readonly counted: string[] } {
  const logged: string[] = [];
  const counted: string[] = [];
  const log = (message: string) => void logged.push(message);
  return {
    logged,
    counted,
    span: (_name, _options, work) => work({ setAttribute: () => undefined, fail: () => undefined }),
    carrier: () => ({}),
    count: (metric, labels) => void counted.push([metric, ...Object.values(labels ?? {})].join(' ')),
    duration: () => undefined,
    gauge: () => undefined,
    metricsText: async () => counted.join('\n'),
    log: { debug: () => undefined, info: log, warn: log, error: log },
    close: async () => undefined,
  };
}

/** One message as a stream holds it. */
export function messageOn(subject: string, data: Uint8Array, sequence = 1, timestampMs = 0): BusMessage {
  return { subject, data, headers: {}, sequence, timestampMs };
}

/** A delivery that notes how it was ended. */
export function deliveryOf(message: BusMessage, deliveryCount = 1): Delivery & { readonly ended: string[] } {
  const ended: string[] = [];
  return {
    ...message,
    deliveryCount,
    ended,
    ack: async () => void ended.push('ack'),
    nak: (delayMs) => void ended.push(`nak ${delayMs}`),
    term: () => void ended.push('term'),
    working: () => void ended.push('working'),
  };
}

/** A bus that holds messages by subject. What it is not made for throws. */
export function shelfBus(): Bus & { readonly published: BusMessage[] } {
  const published: BusMessage[] = [];
  const ids = new Set<string>();
  const never = () => {
    throw new Error('This bus is not made for that.');
  };
  const on = (subject: string) => published.filter((message) => message.subject === subject);
  return {
    published,
    async publish(subject, data, options = {}) {
      if (options.messageId !== undefined && ids.has(options.messageId)) return { status: 'duplicate', sequence: 1 };
      const expected = options.expectLastSubjectSequence;
      if (expected !== undefined && expected !== (on(subject).at(-1)?.sequence ?? 0)) return { status: 'conflict' };
      if (options.messageId !== undefined) ids.add(options.messageId);
      published.push(messageOn(subject, data, published.length + 1));
      return { status: 'stored', sequence: published.length };
    },
    last: async (_stream, subject) => on(subject).at(-1),
    next: async (_stream, subject, after) => on(subject).find(({ sequence }) => sequence > after),
    lastSequence: async () => published.length,
    extent: async () => ({ first: 1, last: published.length }),
    erase: never,
    work: never,
    follow: never,
    request: never,
    respond: never,
    isReady: () => true,
    close: async () => undefined,
  };
}

/** Content by CID. */
export function shelfStore(
  ...contents: readonly Uint8Array[]
): ContentStore & { readonly held: Map<string, Uint8Array> } {
  const held = new Map(contents.map((bytes) => [contentIdOf(bytes), bytes]));
  return {
    held,
    put: async (_place, contents) => {
      for (const [cid, bytes] of contents) held.set(cid, bytes);
      return 'stored';
    },
    get: async (cid) => held.get(cid),
    remove: async (_place, cids) => cids.forEach((cid) => held.delete(cid)),
    expire: async () => undefined,
  };
}

/** A cache that keeps what it is given. */
export function shelfCache(): Cache {
  const held = new Map<string, Uint8Array>();
  return {
    get: async (key) => held.get(key),
    getMany: async (keys) => keys.map((key) => held.get(key)),
    set: async (key, value) => void held.set(key, value),
    setMany: async (entries) => entries.forEach(([key, value]) => void held.set(key, value)),
    replace: () => Promise.resolve('unavailable'),
    delete: async (key) => void held.delete(key),
    isDegraded: () => false,
    close: async () => undefined,
  };
}

/** A signing journal that lives as long as the test. */
export function shelfJournal(): SigningJournal {
  const held = new Map<string, Uint8Array>();
  return {
    async record(epoch, entries) {
      const other = entries.find(({ key, value }) => {
        const present = held.get(`${epoch} ${key}`);
        return present !== undefined && Buffer.compare(present, value) !== 0;
      });
      if (other !== undefined)
        return { status: 'held', key: other.key, value: held.get(`${epoch} ${other.key}`) ?? other.value };
      for (const { key, value } of entries) held.set(`${epoch} ${key}`, value);
      return { status: 'recorded' };
    },
    find: async (epoch, key) => held.get(`${epoch} ${key}`),
    forgetBefore: async () => undefined,
    close: async () => undefined,
  };
}

/** The example network with an operator's validator on top; override what a test is about. */
export function validatorOf(
  example: Example = exampleNetwork(),
  overrides: Partial<ValidatorContext> = {},
): ValidatorContext & {
  readonly bus: ReturnType<typeof shelfBus>;
  readonly telemetry: ReturnType<typeof heardTelemetry>;
} {
  const bus = shelfBus();
  const clock = instantClock();
  const keyring = keyringOf(example.operators[0]);
  const telemetry = heardTelemetry();
  const cache = shelfCache();
  const view = { network: example.network, policies: new Map([[example.policy.name, example.policy]]) };
  return {
    service: 'validator',
    role: 'checksum',
    view,
    contentStore: shelfStore(),
    cache,
    keyring,
    clock,
    tasks: new TaskSource(bus, view),
    evidence: new EvidenceKeeper({ bus, cache, keyring, clock, telemetry }),
    leftOver: { find: () => Promise.reject(new Error('No epoch is over here.')) },
    journal: shelfJournal(),
    check: async ({ task }) => task.submissions.map(() => ({ score: 10_000, flags: 0 })),
    unseal: () => Promise.reject(new Error('Nothing is sealed here.')),
    random: (length) => new Uint8Array(length).fill(7),
    concurrency: 1,
    ...overrides,
    bus,
    telemetry,
  };
}

function keyringOf(operator: ExampleOperator | undefined) {
  if (operator === undefined) throw new RangeError('The example has no operator.');
  const { address, privateKey } = operator;
  return { address, sign: async (digest: Hex) => signDigest(digest, privateKey) };
}

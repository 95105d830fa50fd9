/** A gateway on in-memory ports, for tests. */
import { keyringFromSecret } from '@assay/adapters/keys/key-file';
import { memoryBus } from '@assay/adapters/memory/memory-bus';
import { memoryContentStore } from '@assay/adapters/memory/memory-content-store';
import { memoryTelemetry } from '@assay/adapters/memory/memory-telemetry';
import { toHex } from '@assay/protocol/encoding/bytes';
import { exampleKey, exampleNetwork, examplePolicy } from '@assay/protocol/network/example-network';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Clock } from '@assay/protocol/ports';
import type { AuditNote } from '@assay/runtime/audit/audit-log';
import type { ApiRequest } from './api.ts';
import { type Gateway, watchesOn } from './gateway.ts';
import { QuestionBook } from './questions/question-book.ts';

/** Seals the questions of tests. */
export const sealerOfTests = keyringFromSecret(toHex(exampleKey(900)));

/** The policies of the gateway: `standard`, and one for each rule that can refuse a request. */
const policies: readonly Policy[] = [
  examplePolicy,
  { ...examplePolicy, name: 'sealed', payload: 'sealed' },
  { ...examplePolicy, name: 'committed', commitments: 'required' },
  { ...examplePolicy, name: 'signed', submissionSignatures: 'required' },
];

type OnSleep = (sleeps: number) => void | Promise<void>;

/** A clock that skips every sleep; `onSleep` runs in the meantime. */
function skippingClock(onSleep: OnSleep): Clock {
  let nowMs = 0;
  let sleeps = 0;
  return {
    nowMs: () => nowMs,
    sleep: async (ms: number) => {
      nowMs += ms;
      await onSleep(++sleeps);
    },
  };
}

/** A gateway with a clock of the test, or with one that skips every sleep. */
export function testGateway(time: OnSleep | { readonly clock: Clock } = () => undefined) {
  const clock = typeof time === 'function' ? skippingClock(time) : time.clock;
  const bus = memoryBus({ clock });
  const telemetry = memoryTelemetry();
  const view = { network: exampleNetwork().network, policies: new Map(policies.map((one) => [one.name, one])) };
  const questions = new QuestionBook();
  const notes: AuditNote[] = [];
  const gateway: Gateway = {
    questions,
    sealer: sealerOfTests,
    view: () => view,
    policies: () => policies,
    operators: () => new Set(view.network.members.map(({ operator }) => operator)),
    bus,
    watches: watchesOn({ bus, clock, telemetry }, 100),
    contentStore: memoryContentStore(),
    clock,
    telemetry,
    contentLimiter: { take: async () => ({ allowed: true, retryAfterMs: 0 }) },
    rateLimiter: { take: async () => ({ allowed: true, retryAfterMs: 0 }) },
    contracts: { registry: `0x${'01'.repeat(20)}`, keystore: `0x${'02'.repeat(20)}` },
    oracle: undefined,
    audit: { note: (note) => void notes.push(note), record: async (note) => void notes.push(note) },
    keys: undefined,
    hooks: undefined,
    recent: undefined,
    page: undefined,
    findGrounds: async ({ asked }) => asked.map(() => []),
  };
  return { gateway, clock, notes };
}

/** A request from the HTTP server. */
export function requestOf(more: Partial<ApiRequest> = {}): ApiRequest {
  return {
    params: {},
    query: {},
    body: undefined,
    headers: {},
    remoteAddress: '127.0.0.1',
    client: '127.0.0.1',
    key: undefined,
    signal: new AbortController().signal,
    ...more,
  };
}

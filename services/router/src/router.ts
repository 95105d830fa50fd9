/** Everything that the Router uses, and the types of its routes. */
import type { Clock, Telemetry } from '@assay/protocol/ports';
import type { SigningDomain } from '@assay/protocol/signature/typed-data';
import type { AuditLog } from '@assay/runtime/audit/audit-log';
import type { Callers } from './callers.ts';
import type { InputFilter } from './chat/input-filter.ts';
import type { Judge } from './judge.ts';
import type { MinerBook } from './miner-book.ts';
import type { Miner } from './miners.ts';
import type { Payments } from './payments/payments.ts';
import type { UsageEntry } from './usage/usage.ts';
import type { Usage } from './usage/usage-ledger.ts';

/** The parts of the Router. */
export interface Router {
  readonly miners: readonly Miner[];
  readonly book: MinerBook;
  readonly domain: SigningDomain;
  readonly judge: Judge;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly callers: Callers;
  /** Undefined: prompts are not looked at. */
  readonly inputFilter: InputFilter | undefined;
  /** Undefined: nobody pays. */
  readonly payments: Payments | undefined;
  /** Undefined: none is kept. */
  readonly usage: Usage | undefined;
  /** Who was refused what is written down; undefined: the Router has no access to the bus. */
  readonly audit: Pick<AuditLog, 'note'> | undefined;
  /** What its agent card says of where it is; undefined: where the one who reads it has asked. */
  readonly publicUrl: string | undefined;
  readonly needsKey: boolean;
  /** A new text that nobody can guess. */
  readonly newId: () => string;
  readonly minersAsked: number;
  readonly answerTimeoutMs: number;
  readonly hedgeMs: number;
  readonly underWayMax: number;
}

/** A request to a route. */
export interface RouterRequest {
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly remoteAddress: string;
  readonly signal: AbortSignal;
}

/** Its answer; a stream has `contentType` and yields events. */
export interface RouterAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
  readonly contentType?: string;
  /** Of a stream: headers that are known at its end; those that have no value are left out. */
  readonly trailers?: Readonly<Record<string, () => string | undefined>>;
  /** What it used and cost; of a live stream when it ends, and it rejects if that has no end. */
  readonly bill?: Bill | Promise<Bill>;
}

/** What an answer used and cost. */
export type Bill = Pick<UsageEntry, 'promptTokens' | 'completionTokens' | 'cost' | 'paid'>;

/** A method and path with its handler. */
export interface RouterRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly bodyBytesMax?: number;
  handler(request: RouterRequest): Promise<RouterAnswer>;
}

/** Everything that the gateway uses. */
import type { Quota } from '@assay/protocol/api/rate-limit-headers';
import type { StreamName } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Role } from '@assay/protocol/observation/role';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Bus, Clock, ContentStore, Keyring, Telemetry } from '@assay/protocol/ports';
import type { Grounds } from '@assay/protocol/report/grounds';
import type { Task } from '@assay/protocol/task/task';
import type { TaskContent } from '@assay/protocol/task/task-content';
import type { AuditLog } from '@assay/runtime/audit/audit-log';
import type { NetworkView } from '@assay/runtime/service/network-view';
import type { KeyBook } from './access/key-book.ts';
import type { PageFiles } from './explorer/page-files.ts';
import type { RecentTasks } from './explorer/recent-tasks.ts';
import type { QuestionBook } from './questions/question-book.ts';
import { StreamWatch } from './stream-watch.ts';
import type { HookBook } from './webhooks/hook-book.ts';

/** Whether it may; `quota`: what is left, where that is known. */
interface RateLimitAnswer {
  readonly allowed: boolean;
  readonly retryAfterMs: number;
  readonly quota?: Quota;
}

/** Whether another request of a client may pass, or so many bytes of it. */
export interface RateLimiter {
  take(key: string, units?: number): Promise<RateLimitAnswer>;
}

/** Whose words are looked for: submissions of a task, each with the roles that decided. */
export interface GroundsCall {
  readonly task: Task;
  readonly content: TaskContent;
  readonly policy: Policy;
  readonly asked: readonly { readonly index: number; readonly roles: readonly Role[] }[];
}

/** Finds the words that decided, for each that is asked for. Rejects when too many others wait. */
export type FindGrounds = (call: GroundsCall) => Promise<readonly Grounds[][]>;

/** The watches of the streams that clients read. */
export interface Watches {
  readonly reports: StreamWatch;
  readonly sessions: StreamWatch;
  readonly tasks: Pick<StreamWatch, 'last'>;
  readonly questions: StreamWatch;
}

export interface Gateway {
  /** The network that takes tasks now. */
  readonly view: () => NetworkView;
  /** The policies of all epochs whose certificates count. */
  readonly policies: () => Iterable<Policy>;
  /** The operators of all these epochs. */
  readonly operators: () => ReadonlySet<Hex>;
  readonly bus: Bus;
  readonly contentStore: ContentStore;
  /** Who waits for what: one follower of a stream each, or looks that are shared. */
  readonly watches: Watches;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly rateLimiter: RateLimiter;
  /** Counts the bytes of content that each client stores. */
  readonly contentLimiter: RateLimiter;
  /** Where clients find the contracts and the key participant. */
  readonly contracts: { readonly registry: Hex; readonly keystore: Hex };
  readonly oracle: Hex | undefined;
  /** Who refused and did what is written down. */
  readonly audit: AuditLog;
  /** The API keys; undefined where everyone may use the API. */
  readonly keys: KeyBook | undefined;
  /** The webhooks of API keys; undefined where the gateway has none. */
  readonly hooks: HookBook | undefined;
  /** The explorer: what it lists, and its page; undefined where it is off. */
  readonly recent: RecentTasks | undefined;
  readonly page: PageFiles | undefined;
  readonly findGrounds: FindGrounds;
  /** The questions that are open, and the tasks that others have become. */
  readonly questions: QuestionBook;
  /** Seals questions and signs receipts; undefined where the gateway takes no questions. */
  readonly sealer: Keyring | undefined;
}

/** Watches over a bus, for so many waiting clients of each; `run` follows the streams until the signal aborts. */
export function watchesOn(
  { bus, clock, telemetry }: Pick<Gateway, 'bus' | 'clock' | 'telemetry'>,
  waitingMax: number,
): Watches & { run(signal: AbortSignal): Promise<unknown> } {
  const of = (stream: StreamName) => new StreamWatch({ bus, clock, log: telemetry.log, stream, waitingMax });
  const [reports, sessions, questions] = [of('REPORTS'), of('SESSIONS'), of('QUESTIONS')];
  return {
    reports,
    sessions,
    tasks: of('TASKS'),
    questions,
    run: (signal) => Promise.all([reports, sessions, questions].map((watch) => watch.run(signal))),
  };
}

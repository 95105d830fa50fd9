/** Streams and subjects of the bus. No other file builds or names them. */
import type { AuditService } from '../audit/record.ts';
import type { Hex } from '../encoding/bytes.ts';
import { limits } from '../limits.ts';
import type { Role } from '../observation/role.ts';

const root = 'assay.v1';

/** The streams by name, with their content and the largest message of each. */
export const streams = {
  TASKS: { subjects: [`${root}.tasks.*`], bytesMax: limits.messageBytesMax },
  PLEDGES: { subjects: [`${root}.pledges.*.*.*`], bytesMax: limits.observationBytesMax },
  OBSERVATIONS: { subjects: [`${root}.observations.*.*.*`], bytesMax: limits.observationBytesMax },
  EVIDENCE: { subjects: [`${root}.evidence.*.*.*`], bytesMax: limits.evidenceBytesMax },
  PROPOSALS: { subjects: [`${root}.proposals.*`], bytesMax: limits.messageBytesMax },
  COSIGNATURES: { subjects: [`${root}.cosignatures.*.*`], bytesMax: limits.cosignatureBytesMax },
  INTENTS: { subjects: [`${root}.intents.*`], bytesMax: limits.intentBytesMax },
  REPORTS: { subjects: [`${root}.reports.*`], bytesMax: limits.messageBytesMax },
  SESSIONS: { subjects: [`${root}.sessions.*`], bytesMax: limits.sessionMessageBytesMax },
  AUDIT: { subjects: [`${root}.audit.>`], bytesMax: limits.messageBytesMax },
  DEAD: { subjects: [`${root}.dead.*`], bytesMax: limits.messageBytesMax },
  QUESTIONS: { subjects: [`${root}.questions.*.*`], bytesMax: limits.questionBytesMax },
  ANSWERS: { subjects: [`${root}.answers.*.*`], bytesMax: limits.answerBytesMax },
  KEYS: { subjects: [`${root}.keys.*`], bytesMax: limits.keyRecordBytesMax },
  HOOKS: { subjects: [`${root}.hooks.*`], bytesMax: limits.webhooksRecordBytesMax },
  DELIVERIES: { subjects: [`${root}.deliveries.*.*`], bytesMax: limits.deliveryBytesMax },
  RECORDS: { subjects: [`${root}.records.*`], bytesMax: limits.auditPageBytesMax },
  CONTENTS: { subjects: [`${root}.contents.*.*`], bytesMax: limits.messageBytesMax },
} as const satisfies Record<string, { subjects: readonly string[]; bytesMax: number }>;

/** Streams that keep the latest message of each subject, and keep it for ever. The others keep all for some days. */
export const latestOnly: ReadonlySet<StreamName> = new Set(['KEYS', 'HOOKS']);

export type StreamName = keyof typeof streams;

/** Streams that refuse messages when they are full. The others drop their oldest. */
export const refusesWhenFull: ReadonlySet<StreamName> = new Set(['CONTENTS']);

/** Streams with content, or with words of it: their age is the one that the network's operator chooses for content. */
export const agedAsContent: ReadonlySet<StreamName> = new Set(['CONTENTS', 'EVIDENCE']);

/**
 * How long a stream keeps its messages, in milliseconds; 0: for ever. The audit log is kept longer than what it is about.
 * Content is kept as long as the network's operator says, by default for a day.
 */
export function ageMsMaxOf(name: StreamName): number {
  if (latestOnly.has(name)) return 0;
  if (agedAsContent.has(name)) return limits.contentAgeMs;
  return name === 'RECORDS' ? limits.auditAgeMsMax : streamBounds.ageMsMax;
}

/** The stream that holds a subject. */
export function streamOf(subject: string): StreamName | undefined {
  const kind = subject.split('.')[2];
  return (Object.keys(streams) as StreamName[]).find((name) => streams[name].subjects[0].split('.')[2] === kind);
}

/** The largest message on a subject: nobody can fill a stream of small messages with large ones. */
export function messageBytesMaxOf(subject: string): number {
  const stream = streamOf(subject);
  return stream === undefined ? limits.messageBytesMax : streams[stream].bytesMax;
}

/** Maximum age of every stream's messages, and how long repeats are dropped. Sizes are the operators' of NATS. */
export const streamBounds = {
  ageMsMax: limits.streamAgeMsMax,
  duplicateWindowMs: limits.duplicateWindowMs,
} as const;

/** Subjects, one builder for each kind. Hex ids go without their prefix `0x`. */
export const subjects = {
  task: (taskId: Hex) => `${root}.tasks.${taskId.slice(2)}`,
  tasks: `${root}.tasks.*`,
  pledge: (taskId: Hex, role: Role, operator: Hex) => `${root}.pledges.${taskId.slice(2)}.${role}.${operator.slice(2)}`,
  pledgesOf: (operator: Hex, role: Role) => `${root}.pledges.*.${role}.${operator.slice(2)}`,
  observation: (taskId: Hex, role: Role, operator: Hex) =>
    `${root}.observations.${taskId.slice(2)}.${role}.${operator.slice(2)}`,
  /** Of one operator and task, in every role. */
  observationsOn: (taskId: Hex, operator: Hex) => `${root}.observations.${taskId.slice(2)}.*.${operator.slice(2)}`,
  observationsOf: (operator: Hex, role: Role) => `${root}.observations.*.${role}.${operator.slice(2)}`,
  /** What is behind an observation. */
  evidence: (taskId: Hex, role: Role, operator: Hex) =>
    `${root}.evidence.${taskId.slice(2)}.${role}.${operator.slice(2)}`,
  /** Of every operator on one task, in every role. */
  evidenceOn: (taskId: Hex) => `${root}.evidence.${taskId.slice(2)}.*.*`,
  evidences: `${root}.evidence.*.*.*`,
  evidenceOf: (operator: Hex, role: Role) => `${root}.evidence.*.${role}.${operator.slice(2)}`,
  proposal: (batchId: string) => `${root}.proposals.${batchId}`,
  proposals: `${root}.proposals.*`,
  /** Asks operators for what they have observed of overdue tasks; between the proposals, so that both are in one order. */
  overdue: `${root}.proposals.overdue`,
  /** Asks operators for the tasks that the epoch before has left over. */
  leftOver: `${root}.proposals.left-over`,
  cosignature: (batchId: string, operator: Hex) => `${root}.cosignatures.${batchId}.${operator.slice(2)}`,
  cosignaturesOf: (operator: Hex) => `${root}.cosignatures.*.${operator.slice(2)}`,
  /** Transactions of one transmitter account. */
  intent: (account: Hex) => `${root}.intents.${account.slice(2)}`,
  intents: `${root}.intents.*`,
  report: (taskId: Hex) => `${root}.reports.${taskId.slice(2)}`,
  reports: `${root}.reports.*`,
  /** All messages of one session, of all three participants, in order. */
  session: (sessionId: Hex) => `${root}.sessions.${sessionId.slice(2)}`,
  sessions: `${root}.sessions.*`,
  audit: (kind: string) => `${root}.audit.${kind}`,
  /** Session states by state, in the order in which sessions reached them. */
  auditOfSessions: (state: string) => `${root}.audit.session.${state}`,
  /** The record of one API key. */
  key: (keyId: string) => `${root}.keys.${keyId}`,
  keys: `${root}.keys.*`,
  /** The webhooks of one API key. */
  hooks: (keyId: string) => `${root}.hooks.${keyId}`,
  allHooks: `${root}.hooks.*`,
  /** That a webhook is to be told of a task. */
  delivery: (taskId: Hex, webhookId: string) => `${root}.deliveries.${taskId.slice(2)}.${webhookId}`,
  deliveries: `${root}.deliveries.*.*`,
  /** The audit log: all records are one chain, in the order of the stream; each service writes on a subject of its own. */
  recordsOf: (service: AuditService) => `${root}.records.${service}`,
  records: `${root}.records.*`,
  /** A question as it was asked; and, once it is sealed, its task. */
  question: (questionId: Hex) => `${root}.questions.${questionId.slice(2)}.asked`,
  sealed: (questionId: Hex) => `${root}.questions.${questionId.slice(2)}.sealed`,
  questions: `${root}.questions.*.*`,
  /** The answer of one miner to a question; and the mark behind which no answer counts. */
  answer: (questionId: Hex, miner: Hex) => `${root}.answers.${questionId.slice(2)}.${miner.slice(2)}`,
  answersEnd: (questionId: Hex) => `${root}.answers.${questionId.slice(2)}.end`,
  /** Both of one question, in one order. */
  answersTo: (questionId: Hex) => `${root}.answers.${questionId.slice(2)}.*`,
  answers: `${root}.answers.*.*`,
  /** Contents of a task or question: a task's by number, from 0; a question's each by its CID. */
  content: (id: Hex, name: string) => `${root}.contents.${id.slice(2)}.${name}`,
  contentsOf: (id: Hex) => `${root}.contents.${id.slice(2)}.*`,
  contents: `${root}.contents.*.*`,
  dead: (kind: string) => `${root}.dead.${kind}`,
  /** Request and reply, not a stream: content keys for validators. */
  unseal: `${root}.unseal`,
} as const;

/** The durable consumer that the replicas of one operator's role share. */
export function taskConsumer(operator: Hex, role: Role): string {
  return `tasks-${role}-${operator.slice(2)}`;
}

/** The durable consumer by which an operator's role sees what it has pledged and must show. */
export function revealConsumer(operator: Hex, role: Role): string {
  return `reveals-${role}-${operator.slice(2)}`;
}

/** The durable consumer through which an operator receives proposals. */
export function proposalConsumer(operator: Hex): string {
  return `proposals-${operator.slice(2)}`;
}

/** The durable consumer through which the replicas of one operator's role are asked for left-over tasks. */
export function leftOverConsumer(operator: Hex, role: Role): string {
  return `left-over-${role}-${operator.slice(2)}`;
}

/** The durable consumer of the key participant's replicas. */
export const sessionConsumer = 'sessions-oracle';

/** The durable consumer through which the key participant's replicas record sessions on chain. */
export const ledgerConsumer = 'sessions-ledger';

/** The durable consumers through which the gateways see for whom a report is, and tell webhooks. */
export const webhookReportConsumer = 'webhooks-reports';
export const deliveryConsumer = 'webhooks-deliveries';

/** A batch's id in subjects: epoch and sequence. */
export function batchIdOf(epoch: number, sequence: number): string {
  return `${epoch}-${sequence}`;
}

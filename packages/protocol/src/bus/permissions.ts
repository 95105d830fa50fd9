/**
 * Who may publish and subscribe to what on the bus: one table. The configuration of NATS is made from it, and a test
 * runs every service under it. It keeps honest services apart from each other's mistakes and stolen credentials from
 * doing much; nothing that Assay signs rests on it.
 */

import type { AuditService } from '../audit/record.ts';
import type { Hex } from '../encoding/bytes.ts';
import { type Role, roles } from '../observation/role.ts';
import {
  type DurableConsumer,
  deliveryWork,
  ledgerWork,
  leftOverWork,
  proposalWork,
  revealWork,
  sessionWork,
  taskWork,
  webhookReportWork,
} from './consumers.ts';
import { type StreamName, streams, subjects } from './subjects.ts';

/** Who connects to the bus. */
export type BusIdentity =
  | { readonly kind: 'gateway' | 'participant' }
  /** Writes its records of the audit log, and nothing else. */
  | { readonly kind: 'router' }
  /** One of several, by its place among them: each has a user of its own, which can be revoked alone. */
  | { readonly kind: 'aggregator'; readonly index: number }
  /** Makes streams, buckets and durable consumers; installs, and is away afterwards. */
  | { readonly kind: 'provisioner' }
  /** People who look into things: reads what everyone may read, dead letters and grants, and what was observed; writes nothing. */
  | { readonly kind: 'auditor' }
  | { readonly kind: 'validator'; readonly operator: Hex; readonly role: Role };

/** Subjects that one identity may use; everything else is refused. */
export interface BusPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /** May answer each request that it got, once. */
  readonly answers: boolean;
}

/** The name by which an identity logs in. */
export function busUserOf(identity: BusIdentity): string {
  if (identity.kind === 'validator') return `${identity.kind}-${identity.role}-${identity.operator.slice(2)}`;
  if (identity.kind === 'aggregator') return `${identity.kind}-${identity.index}`;
  return identity.kind;
}

/** Where the answers to an identity arrive. Its own alone: whoever hears another's answers reads what the other may read. */
export function inboxPrefixOf(identity: BusIdentity): string {
  if (identity.kind === 'validator') return `_INBOX.${identity.operator.slice(2)}.${identity.role}`;
  return `_INBOX.${busUserOf(identity)}`;
}

/** As many aggregators as the manifests run. */
const aggregatorsDefault = 2;

/** Everyone of a network with these operators and as many aggregators, whose policies use these roles. */
export function busIdentities(
  operators: readonly Hex[],
  more: { readonly roles?: readonly Role[]; readonly aggregators?: number } = {},
): BusIdentity[] {
  const { roles: used = roles, aggregators = aggregatorsDefault } = more;
  return [
    { kind: 'gateway' },
    { kind: 'router' },
    ...Array.from({ length: aggregators }, (_, index) => ({ kind: 'aggregator', index }) as const),
    ...(['participant', 'provisioner', 'auditor'] as const).map((kind) => ({ kind })),
    ...operators.flatMap((operator) => validatorIdentities(operator, used)),
  ];
}

/** The validators of one operator. */
export function validatorIdentities(operator: Hex, used: readonly Role[] = roles): BusIdentity[] {
  return used.map((role) => ({ kind: 'validator', operator, role }));
}

/** What an identity may do. */
export function busPermissionsOf(identity: BusIdentity): BusPermissions {
  const publish = [...new Set(publishOf(identity))].sort();
  const inbox = `${inboxPrefixOf(identity)}.>`;
  const isParticipant = identity.kind === 'participant';
  return { publish, subscribe: isParticipant ? [inbox, subjects.unseal] : [inbox], answers: isParticipant };
}

/** A gateway writes and deletes content, and is the only one that reads keys and webhooks. */
function gatewayPublish(): string[] {
  return [
    subjects.tasks,
    subjects.sessions,
    ...writesContent,
    ...readsLast('TASKS'),
    ...readsLast('REPORTS'),
    // What operators state behind the verdicts; it quotes content, and is deleted with it.
    ...readsLast('EVIDENCE'),
    subjects.evidences,
    ...erases('EVIDENCE'),
    ...readsAll('SESSIONS'),
    // One follower for all clients that wait for reports, and one for session messages.
    ...follows('REPORTS'),
    ...follows('SESSIONS'),
    // The explorer's list of tasks.
    ...follows('TASKS'),
    // Questions: every replica seals what another one took answers for.
    subjects.questions,
    subjects.answers,
    ...readsLast('QUESTIONS'),
    ...readsAll('ANSWERS'),
    ...follows('QUESTIONS'),
    ...follows('ANSWERS'),
    // API keys: every replica hears at once which one another replica revoked.
    subjects.keys,
    ...follows('KEYS'),
    // Webhooks: one replica tells of each report, whichever made its record.
    subjects.allHooks,
    ...follows('HOOKS'),
    subjects.deliveries,
    ...works(webhookReportWork()),
    ...works(deliveryWork()),
    ...deadLettersOf('REPORTS', 'DELIVERIES'),
    ...writesRecords('gateway'),
  ];
}

function publishOf(identity: BusIdentity): string[] {
  switch (identity.kind) {
    case 'gateway':
      return gatewayPublish();
    case 'router':
      return writesRecords('router');
    case 'aggregator':
      return [
        subjects.proposals,
        subjects.intents,
        subjects.reports,
        ...deadLettersOf('TASKS', 'OBSERVATIONS', 'PROPOSALS', 'COSIGNATURES'),
        ...(['TASKS', 'OBSERVATIONS', 'PROPOSALS', 'COSIGNATURES', 'INTENTS', 'REPORTS'] as const).flatMap((stream) => [
          ...follows(stream),
          ...readsLast(stream),
        ]),
        ...(['TASKS', 'PLEDGES'] as const).flatMap(readsAll),
        // The head of the audit log goes on chain with the batches.
        ...follows('RECORDS'),
      ];
    case 'participant':
      return [
        subjects.sessions,
        ...['grants', 'refused'].map(subjects.audit),
        subjects.auditOfSessions('*'),
        // Each replica hears which sessions another one closed.
        ...follows('AUDIT'),
        ...deadLettersOf('SESSIONS', 'AUDIT'),
        ...readsLast('SESSIONS'),
        ...readsLast('TASKS'),
        ...works(sessionWork()),
        ...works(ledgerWork()),
        ...writesRecords('participant'),
        ...readsContent,
      ];
    case 'provisioner':
      return ['$JS.API.INFO', '$JS.API.STREAM.>', '$JS.API.CONSUMER.>'];
    case 'auditor':
      return [
        ...(['OBSERVATIONS', 'EVIDENCE', 'REPORTS', 'AUDIT', 'DEAD', 'RECORDS'] as const).flatMap((stream) => [
          ...follows(stream),
          ...readsAll(stream),
        ]),
        ...readsLast('TASKS'),
      ];
    case 'validator':
      return validatorPublish(identity.operator, identity.role);
  }
}

/**
 * A validator writes its own operator's observations and cosignatures, and reads its own operator's observations alone.
 * Whichever of them is asked about overdue tasks answers for every role.
 */
function validatorPublish(operator: Hex, role: Role): string[] {
  return [
    ...roles.map((one) => subjects.observationsOf(operator, one)),
    subjects.pledgesOf(operator, role),
    subjects.evidenceOf(operator, role),
    subjects.cosignaturesOf(operator),
    subjects.unseal,
    ...deadLettersOf('TASKS', 'PLEDGES', 'PROPOSALS'),
    ...works(taskWork(operator, role)),
    ...works(revealWork(operator, role)),
    ...works(proposalWork(operator)),
    ...works(leftOverWork(operator, role)),
    // Which tasks an epoch has certified: the proposals of its batches, by their places.
    '$JS.API.DIRECT.GET.PROPOSALS',
    ...readsAll('TASKS'),
    // Everybody's: they are hashes, and tell who has pledged.
    ...readsAll('PLEDGES'),
    ...roles.map((one) => `$JS.API.DIRECT.GET.OBSERVATIONS.${subjects.observationsOf(operator, one)}`),
    ...readsContent,
  ];
}

/** Takes from a durable consumer that is there, and acknowledges; cannot make or change one. */
function works({ stream, durable }: DurableConsumer): string[] {
  return [
    `$JS.API.CONSUMER.INFO.${stream}.${durable}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.${durable}`,
    `$JS.ACK.${stream}.${durable}.>`,
  ];
}

/** Reads a whole stream in order by a consumer of its own. */
function follows(stream: StreamName): string[] {
  return [
    `$JS.API.STREAM.INFO.${stream}`,
    `$JS.API.CONSUMER.CREATE.${stream}`,
    `$JS.API.CONSUMER.MSG.NEXT.${stream}.*`,
  ];
}

/** Reads the last message of any subject of a stream. */
function readsLast(stream: StreamName): string[] {
  return streams[stream].subjects.map((subject) => `$JS.API.DIRECT.GET.${stream}.${subject}`);
}

/** Writes one service's records of the audit log, behind the last one of any service. */
function writesRecords(service: AuditService): string[] {
  return [subjects.recordsOf(service), '$JS.API.STREAM.INFO.RECORDS', '$JS.API.DIRECT.GET.RECORDS'];
}

/** Reads any message of a stream. */
function readsAll(stream: StreamName): string[] {
  return [...readsLast(stream), `$JS.API.DIRECT.GET.${stream}`];
}

/** Reads contents from the nearest server and, where that has none, from the leader. */
const readsContent = ['$JS.API.STREAM.MSG.GET.CONTENTS', ...readsLast('CONTENTS')];

/** Deletes messages of a stream, which it finds by their subject, asking the leader. */
function erases(stream: StreamName): string[] {
  return [`$JS.API.STREAM.MSG.DELETE.${stream}`, `$JS.API.STREAM.MSG.GET.${stream}`];
}

/** Stores contents, and deletes them before their time. */
const writesContent = [subjects.contents, ...erases('CONTENTS'), ...readsContent];

function deadLettersOf(...names: readonly StreamName[]): string[] {
  return names.map((name) => subjects.dead(name.toLowerCase()));
}

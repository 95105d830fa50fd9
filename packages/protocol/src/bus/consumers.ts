/**
 * The durable consumers of the network: who shares each one, and its delivery settings. Services open them, and the
 * installer creates them, from these definitions.
 */
import type { Hex } from '../encoding/bytes.ts';
import { limits } from '../limits.ts';
import { type Role, roles } from '../observation/role.ts';
import {
  deliveryConsumer,
  ledgerConsumer,
  leftOverConsumer,
  proposalConsumer,
  revealConsumer,
  type StreamName,
  sessionConsumer,
  subjects,
  taskConsumer,
  webhookReportConsumer,
} from './subjects.ts';

/** A durable consumer, without the number of messages that one process may hold. */
export interface DurableConsumer {
  readonly stream: StreamName;
  readonly durable: string;
  readonly filterSubject: string;
  /** Unacknowledged messages for all replicas together; 1 keeps the stream's order. */
  readonly ackPendingMax?: number;
  /** How long the server waits for an acknowledgement; limits.ackWaitMs if absent. */
  readonly ackWaitMs?: number;
}

/** The tasks for one operator's role, shared by its replicas. */
export function taskWork(operator: Hex, role: Role): DurableConsumer {
  return { stream: 'TASKS', durable: taskConsumer(operator, role), filterSubject: subjects.tasks };
}

/** The pledges of one operator's role, each to be shown: shared by its replicas. */
export function revealWork(operator: Hex, role: Role): DurableConsumer {
  return {
    stream: 'PLEDGES',
    durable: revealConsumer(operator, role),
    filterSubject: subjects.pledgesOf(operator, role),
  };
}

/** The proposals of one operator: shared by all its validators, one at a time and in order. */
export function proposalWork(operator: Hex): DurableConsumer {
  return {
    stream: 'PROPOSALS',
    durable: proposalConsumer(operator),
    filterSubject: subjects.proposals,
    ackPendingMax: 1,
    ackWaitMs: limits.proposalAckWaitMs,
  };
}

/** The questions for left-over tasks to one operator's role, shared by its replicas. */
export function leftOverWork(operator: Hex, role: Role): DurableConsumer {
  return { stream: 'PROPOSALS', durable: leftOverConsumer(operator, role), filterSubject: subjects.leftOver };
}

/** The session messages of the key participant, shared by its replicas; compare-and-set keeps each session's order. */
export function sessionWork(): DurableConsumer {
  return {
    stream: 'SESSIONS',
    durable: sessionConsumer,
    filterSubject: subjects.sessions,
    ackWaitMs: limits.sessionAckWaitMs,
  };
}

/** Session states for the record on chain: one entry at a time, because the replicas share one account. */
export function ledgerWork(): DurableConsumer {
  return {
    stream: 'AUDIT',
    durable: ledgerConsumer,
    filterSubject: subjects.auditOfSessions('*'),
    ackPendingMax: 1,
    ackWaitMs: limits.sessionAckWaitMs,
  };
}

/** The reports, each once for all gateways: webhooks are told of them. */
export function webhookReportWork(): DurableConsumer {
  return { stream: 'REPORTS', durable: webhookReportConsumer, filterSubject: subjects.reports };
}

/** What webhooks are to be told, each once for all gateways. */
export function deliveryWork(): DurableConsumer {
  return { stream: 'DELIVERIES', durable: deliveryConsumer, filterSubject: subjects.deliveries };
}

/** Every durable consumer of a network with these operators, whose policies use these roles. */
export function durableConsumers(operators: readonly Hex[], used: readonly Role[] = roles): DurableConsumer[] {
  return [
    ...operators.flatMap((operator) => [
      ...used.flatMap((role) => [taskWork(operator, role), revealWork(operator, role), leftOverWork(operator, role)]),
      proposalWork(operator),
    ]),
    sessionWork(),
    ledgerWork(),
    webhookReportWork(),
    deliveryWork(),
  ];
}

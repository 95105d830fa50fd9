/** Events and effects in one line of words each, for people who read a recording. Ids and codes only, no content. */

import type { Effect } from '../effects.ts';
import type { Answer, Event, PostingOutcome, ProposalOutcome, ReportOutcome } from '../events.ts';

/** An event in words. */
export function describeEvent(event: Event): string {
  switch (event.kind) {
    case 'started': {
      const streams = Object.entries(event.streams).map(([name, { last }]) => `${name} to ${last}`);
      return `started; the streams reach ${streams.join(', ')}`;
    }
    case 'message':
      return `${event.stream} ${event.message.sequence}: ${event.message.subject}`;
    case 'tick':
      return 'the timer';
    case 'ends':
      return `the next epoch takes tasks from ${new Date(event.takesUntilMs).toISOString()} on`;
    case 'answer':
      return `answer: ${describeAnswer(event.answer)}`;
    case 'unanswered':
      return `no answer about ${event.question.about} (${event.question.id}): ${event.error}`;
    case 'proposed':
      return `proposal ${event.sequence}: ${event.outcome.status}${reasonOf(event.outcome)}`;
    case 'posted':
      return `post of batch ${event.sequence}: ${event.outcome.status}${reasonOf(event.outcome)}`;
    case 'report-published':
      return `report of ${event.taskId}: ${event.outcome.status}${reasonOf(event.outcome)}`;
  }
}

function reasonOf(outcome: ProposalOutcome | PostingOutcome | ReportOutcome): string {
  if ('error' in outcome) return `, ${outcome.error}`;
  return 'detail' in outcome ? `, ${outcome.code}: ${outcome.detail}` : '';
}

function describeAnswer(answer: Answer): string {
  switch (answer.about) {
    case 'task':
      return `task ${answer.taskId} is ${there(answer.message)}`;
    case 'pledge':
      return `the pledge is ${there(answer.placed)}`;
    case 'last':
      return `the last sequence is ${answer.sequence} (${answer.id})`;
    case 'report':
      return `on the subject of the report of ${answer.taskId} is ${answer.message === undefined ? 'nothing' : `message ${answer.message.sequence}`}`;
    case 'intents':
      return `${answer.batches.length} batches were signed lately`;
    case 'proof':
      return `the chain ${answer.isProven ? 'holds' : 'does not hold'} ${answer.root}`;
    case 'batch':
      return `batch ${answer.sequence} is ${answer.posted === undefined ? 'not in' : `in block ${answer.posted.blockNumber}, ${answer.posted.confirmations} deep`}`;
    case 'height':
      return `the chain's height is ${answer.height}`;
    case 'finality':
      return `blocks up to ${answer.finalHeight} are final`;
    case 'block':
      return `block ${answer.height} is ${answer.hash ?? 'not there'}`;
  }
}

function there(what: unknown): string {
  return what === undefined ? 'not there' : 'there';
}

/** An effect in words; of a decision, with its reason. */
export function describeEffect(effect: Effect): string {
  switch (effect.kind) {
    case 'follow':
      return 'fromMs' in effect
        ? `read ${effect.stream} from ${new Date(effect.fromMs).toISOString()}`
        : `follow ${effect.stream} from ${effect.fromSequence}`;
    case 'handled': {
      const { stream, sequence, decision } = effect;
      if (decision.kind !== 'reject') return `${decision.kind} ${stream} ${sequence}: ${decision.code}`;
      return `reject ${stream} ${sequence}: ${decision.refusal.code}: ${decision.refusal.detail}`;
    }
    case 'ask':
      return `ask about ${effect.question.about} (${effect.question.id})`;
    case 'propose':
      return `propose batch ${effect.batchId} of ${effect.taskIds.length} tasks: ${effect.taskIds.join(' ')}`;
    case 'ask-operators':
      return `ask operators for ${effect.taskIds.length} overdue tasks: ${effect.taskIds.join(' ')}`;
    case 'ask-left-over':
      return `ask the operators of epoch ${effect.epoch} for ${effect.taskIds.length} left-over tasks: ${effect.taskIds.join(' ')}`;
    case 'post':
      return `post batch ${effect.batch.sequence}, root ${effect.batch.root}`;
    case 'publish-report':
      return `publish the report of ${effect.report.task.taskId} behind ${effect.expectLastSubjectSequence}: ${effect.report.results.map(({ verdict }) => verdict).join(' ')}`;
    case 'timer':
      return `wake at ${new Date(effect.atMs).toISOString()}`;
    case 'note': {
      const { what, ...rest } = effect.note;
      const facts = Object.entries(rest).map(([name, value]) => `${name} ${value}`);
      return `note ${what}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`;
    }
  }
}

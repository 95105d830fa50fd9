/** What the Router does with a prompt that tries to steer the model. The signs are those of the semantic check. */
import { promptRisk } from '@assay/checks/safety/prompt-risk';
import { semanticThresholds } from '@assay/checks/semantic/semantic-thresholds';
import type { Policy } from '@assay/protocol/policy/policy';
import type { Span, Telemetry } from '@assay/protocol/ports';
import { attributes, metrics } from '@assay/runtime/service/telemetry-names';
import { promptTextOf } from '@assay/sdk/miner-answer';
import { Fault } from '../faults.ts';
import type { ChatRequest } from './chat-request.ts';

/** The filter of a Router. */
export interface InputFilter {
  /** `log`: noted. `warn`: noted, and the client is told. `block`: refused. */
  readonly action: 'log' | 'warn' | 'block';
  /** The least risk that counts, 0 … 10,000. */
  readonly riskMin: number;
}

/** Risk of a request, 0 … 10,000, and the kinds of signs that it comes from, without the words. */
interface InputRisk {
  readonly score: number;
  readonly reasons: readonly string[];
}

/** A filter at the policy's own threshold for an injection. */
export function inputFilterOf(action: InputFilter['action'], policy: Policy): InputFilter {
  return { action, riskMin: semanticThresholds(policy).injectionMin };
}

/**
 * The risk of a chat: that of the role with the highest. All messages of a role are one text, so signs that are spread
 * over several count together; a system prompt's words do not add to a user's.
 */
export function inputRiskOf(messages: ChatRequest['messages']): InputRisk {
  const texts = new Map<string, string[]>();
  for (const message of messages) {
    const said = texts.get(message.role) ?? [];
    texts.set(message.role, said);
    said.push(promptTextOf([{ ...message, role: 'user' }]));
  }
  const risks = [...texts.values()].map((said) => promptRisk(said.join('\n\n')));
  const score = Math.max(0, ...risks.map((risk) => risk.score));
  const kinds = risks.flatMap(({ findings }) => findings.filter(({ evidence }) => evidence === score));
  return { score, reasons: [...new Set(kinds.map(({ kind }) => kind))].sort() };
}

/**
 * Filters a request: notes its risk on the span, and from the filter's threshold on acts. Returns headers for the
 * answer. Throws {@link Fault} `input-blocked`.
 */
export function filterInput(
  filter: InputFilter,
  telemetry: Pick<Telemetry, 'log' | 'count'>,
  { kind, messages }: Pick<ChatRequest, 'kind' | 'messages'>,
  reference: string,
  span: Span,
): Record<string, string> {
  const { action, riskMin } = filter;
  const { score, reasons } = inputRiskOf(messages);
  const reason = `${reasons.join('+') || 'hidden'}=${score}`;
  span.setAttribute(attributes.inputRisk, score);
  telemetry.count(metrics.inputRisks, { outcome: score < riskMin ? 'passed' : action });
  if (score < riskMin) return {};
  telemetry.log.warn('a prompt tries to steer the model', { reference, reason, action });
  if (action === 'block') {
    const fault = new Fault('input-blocked', `Its signs: ${reason}.`, {
      param: kind === 'chat' ? 'messages' : 'prompt',
    });
    fault.reason = reason;
    throw fault;
  }
  return action === 'warn' ? { 'x-assay-input-risk': reason } : {};
}

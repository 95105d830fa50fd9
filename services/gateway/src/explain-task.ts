/** The gateway's route that says why: reasons, what each operator observed, and the words that decided. */
import { subjects } from '@assay/protocol/bus/subjects';
import { utf8 } from '@assay/protocol/encoding/bytes';
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import { type Policy, policyDigest } from '@assay/protocol/policy/policy';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { certifiedReportSchema } from '@assay/protocol/report/certified-report';
import { type Explanation, explainReport } from '@assay/protocol/report/explanation';
import { tuning } from '@assay/protocol/tuning';
import { readEvidence } from '@assay/runtime/validator/read-evidence';
import { type ApiRequest, type ApiResponse, refuse, tooManyWaiting } from './api.ts';
import type { Gateway } from './gateway.ts';
import { taskIdOf, whyNoReport } from './network-answers.ts';
import { type PublicContent, readPublicContent } from './public-content.ts';
import { resolveTask } from './questions/read-question.ts';

/**
 * GET /v1/tasks/:taskId/explain: the reasons of each verdict in words, and what each operator observed. It follows from the
 * certified report and the policy alone, so a client can derive it from a report that it has proven. `?words=1` adds the
 * words that decided, which follow from the content; `?evidence=1` what operators state behind their observations. Both
 * only for content that this gateway shows.
 */
export async function explainTask(gateway: Gateway, request: ApiRequest): Promise<ApiResponse> {
  const taskId = taskIdOf(request);
  if (!taskId.ok) return refuse(taskId.refusal);
  const resolved = await resolveTask(gateway, taskId.value, 0, request.signal);
  if (resolved.kind === 'answer') return resolved.response;
  const message = await gateway.watches.reports.last(subjects.report(resolved.taskId));
  if (message === undefined) return whyNoReport(gateway, resolved.taskId);
  const decoded = decodeMessage(certifiedReportSchema, message.data);
  if (!decoded.ok) throw new Error(`Report ${taskId.value} on the stream cannot be read: ${decoded.refusal.detail}`);
  const explained = explainReport(gateway.policies(), decoded.value);
  if (!explained.ok) return refuse(explained.refusal);
  const { words, evidence } = request.query;
  if (words !== '1' && evidence !== '1') return { status: 200, body: explained.value };
  const content = await readPublicContent(gateway, decoded.value.task.taskId);
  if (!content.ok) return refuse(content.refusal);
  const policy = [...gateway.policies()].find((one) => policyDigest(one) === decoded.value.policyDigest);
  const isAsked = evidence === '1' && policy !== undefined;
  const stated = isAsked ? { evidence: await readEvidence(gateway.bus, policy, decoded.value) } : {};
  if (words !== '1') return { status: 200, body: { ...explained.value, ...stated } };
  const worded = await withGrounds(gateway, policy, explained.value, content.value);
  if (worded === undefined) return tooManyWaiting();
  return worded.ok ? { status: 200, body: { ...worded.value, ...stated } } : refuse(worded.refusal);
}

/** Adds the words that decided each verdict other than accept; undefined if too many others wait for theirs. */
async function withGrounds(
  gateway: Gateway,
  policy: Policy | undefined,
  explanation: Explanation,
  { task, prompt, outputs }: PublicContent,
): Promise<Checked<Explanation> | undefined> {
  if (policy === undefined || prompt === undefined)
    return refused('content-missing', 'The prompt of this task is no longer stored, so its words cannot be told.');
  const asked = explanation.results.flatMap(({ reasons }, index) =>
    reasons.length === 0 ? [] : [{ index, roles: reasons.map(({ role }) => role) }],
  );
  const characters = outputs.reduce((sum, output) => sum + (output?.length ?? 0), prompt.length);
  if (characters * asked.length > tuning.groundsCharsMax)
    return refused(
      'content-too-long',
      `The texts are too long for the gateway to find their words; "assay report ${task.taskId} --words" finds them.`,
    );
  const content = {
    prompt,
    outputs: outputs.map((output) =>
      output === undefined ? { problem: 'content-missing' as const } : { bytes: utf8(output) },
    ),
  };
  const found = await gateway.findGrounds({ task, content, policy, asked }).catch((error: unknown) => {
    gateway.telemetry.log.warn('words are not found', { taskId: task.taskId, reason: errorText(error) });
    return undefined;
  });
  if (found === undefined) return undefined;
  const grounds = new Map(asked.map(({ index }, at) => [index, found[at] ?? []]));
  const results = explanation.results.map((result, index) => ({ ...result, grounds: grounds.get(index) ?? [] }));
  return accepted({ ...explanation, results });
}

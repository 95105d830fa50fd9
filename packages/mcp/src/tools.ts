/** The tools that agents get: ask, judge, explain, verify. Each answer is proven against the chain before it is given. */
import { utf8 } from '@assay/protocol/encoding/bytes';
import { digestSchema, minerSchema } from '@assay/protocol/encoding/fields';
import { errorText } from '@assay/protocol/error-text';
import { limits } from '@assay/protocol/limits';
import { explainReport } from '@assay/protocol/report/explanation';
import { contentIdOf } from '@assay/protocol/task/content-id';
import { GatewayError } from '@assay/sdk/gateway-client';
import { proofSteps } from '@assay/sdk/prove-report';
import type { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import { z } from 'zod';
import { type AssayAccess, askRouter, type ProvenReport, provenReport, ToolError } from './assay-access.ts';

const taskIdField = digestSchema.describe('Task id: 0x and 64 hexadecimal digits');
const promptField = z.string().min(1).max(limits.promptBytesMax);

/** What the network decided of one answer. Scores are from 0 to 10,000. */
const verdictShape = {
  miner: z.string(),
  verdict: z.enum(['accept', 'reject', 'abstain']),
  scores: z.record(z.string(), z.number().nullable().optional()),
  /** By role. */
  flags: z.record(z.string(), z.array(z.string()).optional()),
  reasons: z.array(z.string()).describe('Why it is not accepted, in words; empty where it is'),
};
const certifiedShape = {
  taskId: z.string(),
  policy: z.string(),
  /** Where the certificate is. */
  transaction: z.string(),
  epoch: z.number(),
  batch: z.number(),
  proven: z.array(z.enum(proofSteps)).describe('Steps of the proof against the chain that hold: all'),
};
const results = z.array(z.object(verdictShape));

/** Registers the tools for one network. `newReference` gives a text that no other task has. */
export function addTools(server: McpServer, access: AssayAccess, newReference: () => string): void {
  addJudging(server, access, newReference);
  addReading(server, access);
}

/** The tools that start a task. */
function addJudging(server: McpServer, access: AssayAccess, newReference: () => string): void {
  server.registerTool(
    'assay_ask',
    {
      title: 'Ask, and get a judged answer',
      description:
        'Asks several miners of a decentralised AI network through the Router. Returns an answer that independent ' +
        'validators accepted, with the verdicts on all answers, proven against the chain.',
      inputSchema: { prompt: promptField, model: z.string().max(limits.modelNameCharsMax).optional() },
      outputSchema: { answer: z.string(), ...certifiedShape, results },
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
    },
    ({ prompt, model }, { signal }) =>
      answered(async () => {
        const { answer, taskId } = await askRouter(access, { prompt, model }, signal);
        const proven = await provenReport(access, digestSchema.parse(taskId), access.timeoutMs, signal);
        if (!isAccepted(proven, prompt, answer))
          throw new ToolError(
            `The Router returned a text that the network did not accept for this prompt in task ${taskId}.`,
          );
        return { answer, ...judgedOf(proven) };
      }),
  );

  server.registerTool(
    'assay_judge',
    {
      title: 'Judge given answers',
      description:
        'Hands a prompt and the answers of one to 32 miners to the validators. Returns for each answer accept, reject or ' +
        'abstain with reasons, proven against the chain. The content is public. Takes seconds.',
      inputSchema: {
        prompt: promptField,
        answers: z
          .array(z.object({ miner: minerSchema, output: z.string().max(limits.outputBytesMax) }))
          .min(1)
          .max(limits.submissionsMax),
        policy: z.string().min(1).max(64).default('standard'),
      },
      outputSchema: { ...certifiedShape, results },
      annotations: { readOnlyHint: false, destructiveHint: false, openWorldHint: true },
    },
    ({ prompt, answers, policy }, { signal }) =>
      answered(async () => {
        const task = { reference: newReference(), policy, prompt, submissions: answers };
        const taskId = await access.gateway.submitTask(task);
        return judgedOf(await provenReport(access, taskId, access.timeoutMs, signal));
      }),
  );
}

/** The tools that read one. */
function addReading(server: McpServer, access: AssayAccess): void {
  server.registerTool(
    'assay_explain',
    {
      title: 'Explain the verdicts of a task',
      description: 'Reads the certified report of a task, proves it against the chain, and gives the reasons in words.',
      inputSchema: { taskId: taskIdField },
      outputSchema: { ...certifiedShape, results },
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    ({ taskId }, { signal }) => answered(async () => judgedOf(await provenReport(access, taskId, 0, signal))),
  );

  server.registerTool(
    'assay_verify',
    {
      title: 'Verify a certificate',
      description:
        'Checks that the verdicts on a task follow from signed observations, that validators with more than two thirds of ' +
        'the weight certified them, and that the chain holds that certificate. Trusts the chain alone.',
      inputSchema: { taskId: taskIdField },
      outputSchema: { ...certifiedShape, signers: z.array(z.string()) },
      annotations: { readOnlyHint: true, openWorldHint: true },
    },
    ({ taskId }, { signal }) =>
      answered(async () => {
        const proven = await provenReport(access, taskId, 0, signal);
        return { ...certifiedOf(proven), signers: [...proven.report.signers] };
      }),
  );
}

/** Whether a proven task asks just this, and one of its accepted answers is just that. */
function isAccepted({ report }: ProvenReport, prompt: string, answer: string): boolean {
  const { task, results: of } = report;
  const cid = contentIdOf(utf8(answer));
  const hasAnswer = task.submissions.some((one, index) => one.cid === cid && of[index]?.verdict === 'accept');
  return hasAnswer && task.prompt.cid === contentIdOf(utf8(prompt));
}

function certifiedOf({ report, steps }: ProvenReport) {
  const { task, transaction, epoch, sequence } = report;
  return {
    taskId: task.taskId,
    policy: task.policy,
    transaction: transaction.hash,
    epoch,
    batch: sequence,
    proven: [...steps],
  };
}

function judgedOf(proven: ProvenReport) {
  const explained = explainReport(proven.policies, proven.report);
  if (!explained.ok) throw new ToolError(explained.refusal.detail);
  return {
    ...certifiedOf(proven),
    results: explained.value.results.map(({ miner, verdict, scores, flags, reasons }) => ({
      miner,
      verdict,
      scores,
      flags,
      reasons: reasons.map(({ text }) => text),
    })),
  };
}

/** The result of a tool, as JSON for programs and as text for models; a failure is a result too, and says why. */
async function answered(work: () => Promise<Record<string, unknown>>): Promise<CallToolResult> {
  try {
    const structuredContent = await work();
    return { structuredContent, content: [{ type: 'text', text: JSON.stringify(structuredContent, null, 1) }] };
  } catch (error) {
    if (error instanceof ToolError || error instanceof GatewayError)
      return { isError: true, content: [{ type: 'text', text: error.message }] };
    return { isError: true, content: [{ type: 'text', text: `The tool failed: ${errorText(error)}` }] };
  }
}

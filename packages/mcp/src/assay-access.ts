/** What the tools reach: a gateway and a Router under the caller's API key, and the chain that they verify against. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import type { Policy } from '@assay/protocol/policy/policy';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { ChainReader } from '@assay/sdk/chain-reader';
import type { GatewayClient } from '@assay/sdk/gateway-client';
import { answerMessageSchema, answerTextOf } from '@assay/sdk/miner-answer';
import { type ProofStep, proveReport } from '@assay/sdk/prove-report';
import { z } from 'zod';

/** The network that a server's tools are about. */
export interface AssayAccess {
  readonly gateway: GatewayClient;
  readonly chain: ChainReader;
  /** Base URL of the Router, as http://host:port/v1; undefined: nothing can be asked. */
  readonly routerUrl: string | undefined;
  /** The caller's API key, where gateway and Router ask for one. */
  readonly apiKey: string | undefined;
  /** How long a tool waits for a certified report. */
  readonly timeoutMs: number;
}

/** A tool cannot do what it was asked. The message is for the agent: what is wrong, and what to do. No content in it. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

/** A report that holds against the chain, with the steps of its proof and the policies of the network. */
export interface ProvenReport {
  readonly report: CertifiedReport;
  readonly policies: readonly Policy[];
  readonly steps: readonly ProofStep[];
}

const pollMs = 20_000;

/** The certified report of a task, proven. Throws {@link ToolError} if it does not come in `waitMs` or does not hold. */
export async function provenReport(
  { gateway, chain }: AssayAccess,
  taskId: Hex,
  waitMs: number,
  signal: AbortSignal,
): Promise<ProvenReport> {
  const report = await reportOf(gateway, taskId, waitMs, signal);
  if (report.task.taskId !== taskId) throw new ToolError('The gateway answered with the report of another task.');
  const { policies } = await gateway.readNetwork();
  const steps: ProofStep[] = [];
  const proof = await proveReport(chain, policies, report, (step) => steps.push(step));
  if (proof.ok) return { report, policies, steps };
  const { code, detail } = proof.refusal;
  const held = steps.length === 0 ? 'no step holds' : `only ${steps.join(', ')} hold`;
  throw new ToolError(`The report is not proven (${held}). ${code}: ${detail}`);
}

async function reportOf(
  gateway: GatewayClient,
  taskId: Hex,
  waitMs: number,
  signal: AbortSignal,
): Promise<CertifiedReport> {
  const untilMs = performance.now() + waitMs;
  for (;;) {
    signal.throwIfAborted();
    const leftMs = Math.max(0, untilMs - performance.now());
    const report = await gateway.readReport(taskId, Math.ceil(Math.min(leftMs, pollMs)));
    if (report !== undefined) return report;
    if (leftMs === 0)
      throw new ToolError(`The task ${taskId} is not certified yet. Ask again later with assay_explain.`);
  }
}

const completionSchema = z.object({
  choices: z.array(z.object({ message: answerMessageSchema })).min(1),
  assay: z.object({ taskId: z.string(), transaction: z.string() }),
});
const faultSchema = z.object({
  error: z.object({ message: z.string(), code: z.string().nullable() }),
  assay: z.object({ taskId: z.string().optional() }).optional(),
});
const modelsSchema = z.object({ data: z.array(z.object({ id: z.string() })) });

/** An answer that the Router returns, with the task in which it was judged. Nothing of it is proven here. */
export interface RoutedAnswer {
  /** The text that is judged. */
  readonly answer: string;
  readonly taskId: string;
}

/** Asks the Router in mode `verified`; the first of its models if none is named. */
export async function askRouter(
  access: AssayAccess,
  question: { readonly prompt: string; readonly model: string | undefined },
  signal: AbortSignal,
): Promise<RoutedAnswer> {
  const model = question.model ?? (await modelsOf(access, signal))[0];
  if (model === undefined) throw new ToolError('The Router has no model at present.');
  const body = { model, messages: [{ role: 'user', content: question.prompt }] };
  const { choices, assay } = await ask(access, completionSchema, 'POST', '/chat/completions', body, signal);
  return { answer: answerTextOf(choices[0]?.message ?? {}), taskId: assay.taskId };
}

async function modelsOf(access: AssayAccess, signal: AbortSignal): Promise<string[]> {
  const { data } = await ask(access, modelsSchema, 'GET', '/models', undefined, signal);
  return data.map(({ id }) => id);
}

/** What the Router answers, of the wanted shape. */
async function ask<T>(access: AssayAccess, schema: z.ZodType<T, unknown>, ...asked: Asked): Promise<T> {
  const checked = checkShape(schema, await call(access, ...asked), 'the answer');
  if (checked.ok) return checked.value;
  throw new ToolError(`What answers under --router is no Router of Assay: ${checked.refusal.detail}.`);
}

type Asked = [method: string, path: string, body: unknown, signal: AbortSignal];

async function call(
  { routerUrl, apiKey, timeoutMs }: AssayAccess,
  ...[method, path, body, signal]: Asked
): Promise<unknown> {
  if (routerUrl === undefined)
    throw new ToolError('This server has no Router: start it with --router <base URL>. assay_judge works without one.');
  const response = await fetch(`${routerUrl.replace(/\/+$/, '')}${path}`, {
    method,
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: {
      'content-type': 'application/json',
      'x-assay-mode': 'verified',
      ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const answer: unknown = await response.json();
  if (response.ok) return answer;
  const fault = faultSchema.safeParse(answer);
  if (!fault.success) throw new ToolError(`The Router answered ${response.status} without a reason.`);
  const { error, assay } = fault.data;
  const task = assay?.taskId === undefined ? '' : ` Task ${assay.taskId}: see assay_explain.`;
  throw new ToolError(`${error.code ?? response.status}: ${error.message}${task}`);
}

/** `assay report <taskId>`: fetches a certified report and proves it against the chain. */
import { type Hex, utf8 } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { evidenceOn } from '@assay/protocol/report/explanation';
import type { Grounds } from '@assay/protocol/report/grounds';
import { reasonText, verdictReasons } from '@assay/protocol/report/verdict-reasons';
import { isContentOf } from '@assay/protocol/task/content-id';
import { ChainReader } from '@assay/sdk/chain-reader';
import { type GatewayClient, GatewayError } from '@assay/sdk/gateway-client';
import { proveReport } from '@assay/sdk/prove-report';
import { settlementOf } from '@assay/sdk/question';
import { type ConnectionOptions, connectionOf, gatewayAt } from '../network/connection.ts';
import { accountOf, type Behind } from '../output/task-summary.ts';
import { print } from '../output/terminal.ts';
import { statedEvidence } from '../tasks/stated-evidence.ts';
import { UsageError } from './usage-error.ts';

export interface ReportCommand extends ConnectionOptions {
  readonly waitMs: number;
  readonly json: boolean;
  /** Say which words decided each verdict other than accept. */
  readonly words: boolean;
}

/** Resolves with the exit code: 0 proven, 1 not published yet or not proven. */
export async function reportCommand(taskId: Hex, options: ReportCommand): Promise<number> {
  const connection = await connectionOf(options);
  const gateway = gatewayAt(connection.gatewayUrl);
  const chain = new ChainReader(connection);
  const report = await gateway.readReport(taskId, options.waitMs);
  if (report === undefined) {
    const detail = 'the certified report is not published yet; try again, or with --wait 30';
    print(options.json ? JSON.stringify({ taskId, certified: false, proven: false, detail }) : detail);
    return 1;
  }
  const { policies } = await gateway.readNetwork();
  const policy = policies.find((one) => one.name === report.task.policy);
  // The id of a question stands for its task.
  const isAsked = report.task.taskId === taskId || settlementOf(report.task)?.questionId === taskId;
  const proof = isAsked ? await proveReport(chain, policies, report) : undefined;
  const unproven =
    proof === undefined
      ? 'the gateway answered with the report of another task'
      : proof.ok
        ? undefined
        : `${proof.refusal.code}: ${proof.refusal.detail}`;
  const behind = options.words && policy !== undefined ? await behindOf(gateway, report, policy) : undefined;
  if (options.json)
    print(
      JSON.stringify({
        taskId,
        certified: true,
        proven: unproven === undefined,
        ...(unproven === undefined ? {} : { detail: unproven }),
        reasons: report.results.map((result) =>
          policy === undefined
            ? []
            : verdictReasons(policy, result).map((reason) => ({ ...reason, text: reasonText(reason) })),
        ),
        ...behind,
        report,
      }),
    );
  else
    for (const line of accountOf(
      { task: labelless(report.task), taskId, policy, sealed: false, report, unproven },
      behind,
    ))
      print(line);
  return unproven === undefined ? 0 : 1;
}

/** The words that decided, and what operators state, signed. */
async function behindOf(gateway: GatewayClient, report: CertifiedReport, policy: Policy): Promise<Required<Behind>> {
  const grounds = await wordsOf(gateway, report, policy);
  return { grounds, evidence: evidenceOn(report, await statedEvidence(gateway, report)) };
}

/** The words that decided, from content that is checked against the report's CIDs. Throws `UsageError` where there is none. */
async function wordsOf(gateway: GatewayClient, report: CertifiedReport, policy: Policy): Promise<Grounds[][]> {
  const { task, results } = report;
  const shown = await gateway.readContent(task.taskId).catch((error: unknown) => {
    if (!(error instanceof GatewayError)) throw error;
    throw new UsageError(`The words need the content, and the gateway does not show it: ${error.message}`);
  });
  const bytesOf = (cid: string, text: string | undefined): Uint8Array | undefined => {
    const bytes = text === undefined ? undefined : utf8(text);
    return bytes !== undefined && isContentOf(cid, bytes) ? bytes : undefined;
  };
  if (shown.prompt === undefined || bytesOf(task.prompt.cid, shown.prompt) === undefined)
    throw new UsageError('The words need the prompt, and the gateway shows none that has its CID.');
  const outputs = task.submissions.map(({ cid }, index) => {
    const bytes = bytesOf(cid, shown.submissions[index]?.output);
    return bytes === undefined ? { problem: 'content-missing' as const } : { bytes };
  });
  const content = { prompt: shown.prompt, outputs };
  // All checks, which the proof does not need.
  const { groundsOn } = await import('@assay/checks/roles/role-checks');
  return results.map((result, index) => {
    const wanted = verdictReasons(policy, result).map(({ role }) => role);
    return groundsOn({ task, content, policy }, index, wanted);
  });
}

function labelless(task: {
  readonly reference: string;
  readonly prompt: { readonly cid: string };
  readonly submissions: readonly { readonly miner: string }[];
}) {
  return {
    task: task.reference,
    prompt: `prompt ${task.prompt.cid}`,
    submissions: task.submissions.map(({ miner }) => ({ miner, output: '' })),
  };
}

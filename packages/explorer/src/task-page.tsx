/** One task: what was asked and answered, what was decided and why, by whom, when, and whether it holds. */

import type { TaskContent, TaskSummary } from '@assay/protocol/api/gateway-answers';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { errorText } from '@assay/protocol/error-text';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import { type Explanation, evidenceOn, explainReport } from '@assay/protocol/report/explanation';
import type { Task } from '@assay/protocol/task/task';
import type { NetworkInfo } from '@assay/sdk/gateway-client';
import { useEffect, useState } from 'preact/hooks';
import { gateway, readContent, readTask } from './gateway.ts';
import { Digest, Failure, Moment } from './marks.tsx';
import { ProofCard } from './proof-card.tsx';
import { ScoreMap } from './score-map.tsx';
import { SubmissionCard } from './submission-card.tsx';

const waitMs = 25_000;

interface Loaded {
  readonly network: NetworkInfo;
  readonly task: Task;
  readonly content: TaskContent | undefined;
}

export function TaskPage({ taskId, summary }: { readonly taskId: Hex; readonly summary: TaskSummary | undefined }) {
  const [loaded, setLoaded] = useState<Loaded>();
  const [report, setReport] = useState<CertifiedReport>();
  const [words, setWords] = useState<Explanation>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    const gone = new AbortController();
    const fail = (error: unknown) => {
      if (!gone.signal.aborted) setFailure(errorText(error));
    };
    void load(taskId).then(setLoaded, fail);
    void awaitReport(taskId, gone.signal).then(setReport, fail);
    return () => gone.abort();
  }, [taskId]);
  const isReadable = report !== undefined && loaded?.content?.prompt !== undefined;
  useEffect(() => {
    // Without them the page lacks the marks and nothing else.
    if (isReadable) void gateway.explainTask(taskId, { words: true, evidence: true }).then(setWords, () => undefined);
  }, [taskId, isReadable]);
  if (failure !== undefined) return <Failure reason={failure} />;
  if (loaded === undefined) return <p class="quiet">Loading the task…</p>;
  const { task, content, network } = loaded;
  const explained = report === undefined ? undefined : explainReport(network.policies, report);
  const explanation = explained?.ok === true ? explained.value : undefined;
  const evidence = report === undefined ? [] : evidenceOn(report, words?.evidence ?? []);
  return (
    <article>
      <h1>{task.reference}</h1>
      <p class="quiet">
        <Digest of={task.taskId} /> · policy {task.policy} · {task.submissions.length} submissions
      </p>
      <section class="card" aria-labelledby="prompt">
        <h2 id="prompt">Prompt</h2>
        <p class="content">{content?.prompt ?? 'Sealed, or no longer in the content store.'}</p>
      </section>
      <h2>Submissions</h2>
      {report === undefined && (
        <p class="pending" role="status">
          The operators are judging. This page shows the verdict when it is certified.
        </p>
      )}
      <div class="submissions">
        {task.submissions.map(({ miner }, index) => (
          <SubmissionCard
            key={miner}
            miner={miner}
            output={content?.submissions[index]?.output}
            explained={explanation?.results[index]}
            grounds={words?.results[index]?.grounds ?? []}
            evidence={evidence[index] ?? []}
          />
        ))}
      </div>
      {explained?.ok === false && <Failure reason={explained.refusal.detail} />}
      {explanation !== undefined && <ScoreMap of={explanation} />}
      {report !== undefined && <Timeline report={report} summary={summary} />}
      {report !== undefined && <ProofCard report={report} network={network} />}
    </article>
  );
}

async function load(taskId: Hex): Promise<Loaded> {
  const [network, task, content] = await Promise.all([
    gateway.readNetwork(),
    readTask(taskId),
    // Sealed content is nobody's here.
    readContent(taskId).catch(() => undefined),
  ]);
  return { network, task, content };
}

async function awaitReport(taskId: Hex, signal: AbortSignal): Promise<CertifiedReport> {
  for (;;) {
    const report = await gateway.readReport(taskId, waitMs);
    signal.throwIfAborted();
    if (report !== undefined) return report;
  }
}

/** A number with its noun. */
function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function Timeline({
  report,
  summary,
}: {
  readonly report: CertifiedReport;
  readonly summary: TaskSummary | undefined;
}) {
  const { transaction } = report;
  return (
    <section class="card" aria-labelledby="timeline">
      <h2 id="timeline">From request to transaction</h2>
      <ol class="timeline">
        {summary !== undefined && (
          <li>
            Accepted at <Moment ms={summary.acceptedAtMs} />
          </li>
        )}
        <li>
          Observed by {counted(new Set(report.observations.map(({ operator }) => operator)).size, 'operator')} with{' '}
          {counted(report.observations.length, 'signed observation')}
        </li>
        <li>
          Report {report.count === 1 ? 'alone' : `one of ${report.count}`} in batch {report.epoch}/{report.sequence},
          root <Digest of={report.root} />
        </li>
        <li>
          Certificate signed by{' '}
          {report.signers.map((signer) => (
            <span key={signer}>
              <Digest of={signer} />{' '}
            </span>
          ))}
        </li>
        <li>
          Posted in block {transaction.blockNumber} by <Digest of={transaction.transmitter} />, transaction{' '}
          <Digest of={transaction.hash} />, {transaction.gasUsed.toLocaleString()} gas
        </li>
        {summary?.decision !== undefined && (
          <li>
            Report published at <Moment ms={summary.decision.decidedAtMs} />
          </li>
        )}
      </ol>
    </section>
  );
}

/** One submission: the answer, its verdict, the reasons, and the scores that they came from. */
import { type Explanation, evidenceItemText, type StatedEvidence } from '@assay/protocol/report/explanation';
import { evidenceText, type Grounds } from '@assay/protocol/report/grounds';
import { GroundsList, MarkedOutput } from './marked-output.tsx';
import { Digest, VerdictMark } from './marks.tsx';

export interface SubmissionCardProps {
  readonly miner: string;
  readonly output: string | undefined;
  /** Missing until the report is certified. */
  readonly explained: Explanation['results'][number] | undefined;
  /** The words that decided, as far as they are known. */
  readonly grounds: readonly Grounds[];
  /** What operators state against it. */
  readonly evidence: readonly StatedEvidence[];
}

export function SubmissionCard({ miner, output, explained, grounds, evidence }: SubmissionCardProps) {
  return (
    <section class="card submission" aria-label={`Submission of ${miner}`}>
      <h3>
        <Digest of={miner} /> {explained !== undefined && <VerdictMark verdict={explained.verdict} />}
      </h3>
      {output === undefined ? (
        <p class="content">Sealed, or no longer in the content store.</p>
      ) : (
        <MarkedOutput text={output} grounds={grounds} />
      )}
      {explained !== undefined && explained.reasons.length > 0 && (
        <>
          <h4>Why</h4>
          <ul>
            {explained.reasons.map((reason) => (
              <li key={`${reason.role} ${reason.code}`}>{reasonWithEvidence(reason, grounds)}</li>
            ))}
            <GroundsList of={grounds} />
          </ul>
          {evidence.length > 0 && <Stated evidence={evidence} />}
        </>
      )}
      {explained !== undefined && (
        <dl class="scores">
          {Object.entries(explained.scores).map(([role, score]) => (
            <div key={role}>
              <dt>{role}</dt>
              <dd>{score === undefined ? 'none' : (score / 10_000).toFixed(2)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

type Reason = Explanation['results'][number]['reasons'][number];

/** A reason; with how strong its flag's evidence is, where one number is behind it. */
function reasonWithEvidence({ role, code, text }: Reason, grounds: readonly Grounds[]): string {
  const evidence = grounds.find((one) => one.role === role)?.evidence.find(({ flag }) => flag === code);
  return evidence === undefined ? text : `${role}: ${evidenceText(evidence)}`;
}

/** What operators state, each in its own words; equal words once. */
function Stated({ evidence }: { readonly evidence: readonly StatedEvidence[] }) {
  const byText = new Map<string, Set<string>>();
  for (const { role, operator, items } of evidence)
    for (const item of items) {
      const text = `${role}: ${evidenceItemText(item)}`;
      byText.set(text, new Set([...(byText.get(text) ?? []), operator]));
    }
  return (
    <details class="stated">
      <summary>What operators state</summary>
      <ul>
        {[...byText].map(([text, operators]) => (
          <li key={text}>
            {text} <span class="quiet">({operators.size === 1 ? '1 operator' : `${operators.size} operators`})</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

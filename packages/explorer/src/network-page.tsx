/** The network: operators, contracts, policies, and the batches of the newest tasks. */

import type { StandingAnswer, TaskSummary } from '@assay/protocol/api/gateway-answers';
import { errorText } from '@assay/protocol/error-text';
import type { NetworkInfo } from '@assay/sdk/gateway-client';
import { useEffect, useState } from 'preact/hooks';
import { gateway } from './gateway.ts';
import { Columns, Digest, Failure, Moment } from './marks.tsx';
import { useStanding } from './use-standing.ts';

export function NetworkPage({ tasks }: { readonly tasks: readonly TaskSummary[] }) {
  const [info, setInfo] = useState<NetworkInfo>();
  const [failure, setFailure] = useState<string>();
  useEffect(() => {
    gateway.readNetwork().then(setInfo, (error: unknown) => setFailure(errorText(error)));
  }, []);
  const { standing } = useStanding(tasks.filter(({ decision }) => decision !== undefined).length);
  if (failure !== undefined) return <Failure reason={failure} />;
  if (info === undefined) return <p class="quiet">Loading the network…</p>;
  const { network, policies, registry, keystore } = info;
  const total = network.members.reduce((sum, one) => sum + one.weight, 0n);
  return (
    <>
      <h1>Network</h1>
      <dl class="card facts">
        <Fact name="Chain" value={String(network.chainId)} />
        <Fact name="Epoch" value={String(network.epoch)} />
        <Fact name="Hub" value={network.hub} />
        <Fact name="Registry" value={registry} />
        <Fact name="Keystore" value={keystore} />
        <Fact name="Policies" value={policies.map(({ name }) => name).join(', ')} />
        <Fact name="Policies digest" value={network.policiesDigest} />
      </dl>
      <h2>Operators</h2>
      <p class="quiet">
        By the {standing?.reports ?? 0} newest reports. Distance: how far an operator’s scores are from those of the
        reports, on average.
      </p>
      <section class="scroll" aria-label="List of operators">
        <table>
          <Columns
            of={[
              'Operator',
              { number: 'Weight' },
              { number: 'Share' },
              { number: 'Scores' },
              { number: 'Distance' },
              { number: 'Absences' },
              'Last seen',
            ]}
          />
          <tbody>
            {network.members.map(({ operator, weight }) => (
              <tr key={operator}>
                <td>
                  <code>{operator}</code>
                </td>
                <td class="number">{weight.toLocaleString()}</td>
                <td class="number">{(Number((weight * 10_000n) / total) / 100).toFixed(1)} %</td>
                <Seen of={standing?.operators.find((one) => one.operator === operator)} />
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <Batches tasks={tasks} />
    </>
  );
}

/** What the newest reports have of an operator. */
function Seen({ of }: { readonly of: StandingAnswer['operators'][number] | undefined }) {
  if (of === undefined)
    return (
      <td colSpan={4} class="quiet">
        in none of the newest reports
      </td>
    );
  return (
    <>
      <td class="number">{of.scores.toLocaleString()}</td>
      <td class="number">{(of.meanDistance / 10_000).toFixed(3)}</td>
      <td class="number">{of.absences}</td>
      <td>
        <Moment ms={of.lastSeenMs} />
      </td>
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
    </div>
  );
}

/** Gas is shared by the reports of a batch, not by the tasks that this list happens to have. */
function Batches({ tasks }: { readonly tasks: readonly TaskSummary[] }) {
  const batches = new Map(
    tasks.flatMap(({ decision }) => (decision === undefined ? [] : [[decision.transaction, decision] as const])),
  );
  return (
    <>
      <h2>Batches of the newest tasks</h2>
      {batches.size === 0 && <p class="quiet">None yet.</p>}
      <table hidden={batches.size === 0}>
        <Columns of={['Batch', 'Transaction', { number: 'Reports' }, { number: 'Gas' }, { number: 'Gas a report' }]} />
        <tbody>
          {[...batches.values()].map((one) => (
            <tr key={one.transaction}>
              <td>
                {one.epoch}/{one.sequence}
              </td>
              <td>
                <Digest of={one.transaction} />
              </td>
              <td class="number">{one.reportsInBatch}</td>
              <td class="number">{one.gasUsed.toLocaleString()}</td>
              <td class="number">{Math.round(one.gasUsed / one.reportsInBatch).toLocaleString()}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

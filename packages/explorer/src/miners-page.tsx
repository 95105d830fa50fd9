/** Miners and their models by the newest reports. */
import type { StandingAnswer, TaskSummary } from '@assay/protocol/api/gateway-answers';
import { Columns, Digest, Failure, Moment } from './marks.tsx';
import { useStanding } from './use-standing.ts';

export function MinersPage({ tasks }: { readonly tasks: readonly TaskSummary[] }) {
  const { standing, failure } = useStanding(tasks.filter(({ decision }) => decision !== undefined).length);
  if (standing === undefined)
    return failure === undefined ? <p class="quiet">Loading the miners…</p> : <Failure reason={failure} />;
  return (
    <>
      <h1>Miners</h1>
      <p class="quiet">
        By the {standing.reports} newest reports
        {standing.sinceMs !== undefined && (
          <>
            , since <Moment ms={standing.sinceMs} />
          </>
        )}
        . The accept rate leaves undecided answers out; its range is a 95 % interval.
      </p>
      {standing.miners.length === 0 ? (
        <p class="card">No task was decided yet.</p>
      ) : (
        <section class="scroll" aria-label="List of miners">
          <table>
            <Columns
              of={[
                'Miner',
                'Model',
                'Accept rate',
                { number: 'Accepted' },
                { number: 'Rejected' },
                { number: 'Undecided' },
                'Last seen',
              ]}
            />
            <tbody>
              {standing.miners.map((one) => (
                <Row key={`${one.miner} ${one.modelDigest}`} one={one} />
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function Row({ one }: { readonly one: StandingAnswer['miners'][number] }) {
  return (
    <tr>
      <th scope="row">
        <Digest of={one.miner} />
      </th>
      <td>{one.modelDigest === undefined ? 'not named' : <Digest of={one.modelDigest} />}</td>
      <td>
        <AcceptRate of={one.acceptRate} />
      </td>
      <td class="number">{one.accepted}</td>
      <td class="number">{one.rejected}</td>
      <td class="number">{one.abstained}</td>
      <td>
        <Moment ms={one.lastSeenMs} />
      </td>
    </tr>
  );
}

/** A bar from the lower to the upper end of the interval, with a line at the share. */
function AcceptRate({ of }: { readonly of: StandingAnswer['miners'][number]['acceptRate'] }) {
  if (of === undefined) return <span class="quiet">none yet</span>;
  const percent = (share: number) => Math.round(share * 100);
  return (
    <span class="rate">
      <svg viewBox="0 0 100 10" aria-hidden="true">
        <rect class="track" width="100" height="10" rx="2" />
        <rect class="interval" x={of.low * 100} width={Math.max(1, (of.high - of.low) * 100)} height="10" rx="2" />
        <rect class="share" x={Math.min(98, of.share * 100)} width="2" height="10" />
      </svg>
      {percent(of.share)} %{' '}
      <span class="quiet">
        ({percent(of.low)} to {percent(of.high)})
      </span>
    </span>
  );
}

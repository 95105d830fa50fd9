/** Small things that several pages show: verdicts, times, digests, columns, failures. */
import type { TaskSummary } from '@assay/protocol/api/gateway-answers';
import type { Verdict } from '@assay/protocol/report/report';

const signs = { accept: '✓', reject: '✗', abstain: '–' } as const satisfies Record<Verdict, string>;

/** One verdict. The sign tells it without colour. */
export function VerdictMark({ verdict }: { readonly verdict: Verdict }) {
  return (
    <span class={`verdict ${verdict}`}>
      <span aria-hidden="true">{signs[verdict]}</span> {verdict}
    </span>
  );
}

/** How many submissions got each verdict. */
export function Verdicts({ of }: { readonly of: NonNullable<TaskSummary['decision']> }) {
  const counts = [
    ['accept', of.accepted],
    ['reject', of.rejected],
    ['abstain', of.abstained],
  ] as const;
  return (
    <span class="verdicts">
      {counts.map(
        ([verdict, count]) =>
          count > 0 && (
            <span key={verdict} class={`verdict ${verdict}`}>
              <span aria-hidden="true">{signs[verdict]}</span> {count} {verdict}
            </span>
          ),
      )}
    </span>
  );
}

/** A time of day in the reader's own zone, with the date as its title. */
export function Moment({ ms }: { readonly ms: number }) {
  const at = new Date(ms);
  return (
    <time dateTime={at.toISOString()} title={at.toLocaleString()}>
      {at.toLocaleTimeString()}
    </time>
  );
}

/** A digest or an address: whole for machines and copying, short to read. */
export function Digest({ of }: { readonly of: string }) {
  const isLong = of.startsWith('0x') && of.length > 18;
  return (
    <code class="digest" title={of}>
      {isLong ? `${of.slice(0, 10)}…${of.slice(-6)}` : of}
    </code>
  );
}

/** The heads of a table's columns; those of numbers stand to the right, as the numbers do. */
export function Columns({ of }: { readonly of: readonly (string | { readonly number: string })[] }) {
  return (
    <thead>
      <tr>
        {of.map((column) =>
          typeof column === 'string' ? (
            <th scope="col" key={column}>
              {column}
            </th>
          ) : (
            <th scope="col" key={column.number} class="number">
              {column.number}
            </th>
          ),
        )}
      </tr>
    </thead>
  );
}

/** Something went wrong. */
export function Failure({ reason }: { readonly reason: string }) {
  return (
    <p class="card failure" role="alert">
      {reason}
    </p>
  );
}

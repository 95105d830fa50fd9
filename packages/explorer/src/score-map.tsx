/** A heat map of agreement: each submission's scores by role and operator, with those that stand apart marked. */
import { roles as allRoles } from '@assay/protocol/observation/role';
import type { Explanation } from '@assay/protocol/report/explanation';
import { Digest } from './marks.tsx';

type Result = Explanation['results'][number];
type Role = Result['observed'][number]['role'];

/** From this distance to the report's score on, in basis points, an operator stands apart. */
const apartFrom = 1_000;

interface Column {
  readonly role: Role;
  readonly operator: string;
  /** It begins the columns of its role. */
  readonly isFirst: boolean;
}

/** One row for each submission, one column for each role and operator. */
export function ScoreMap({ of }: { readonly of: Explanation }) {
  const columns = columnsOf(of);
  const roles = [...new Set(columns.map(({ role }) => role))];
  return (
    <section aria-labelledby="observations">
      <h2 id="observations">Scores by operator and role</h2>
      <p class="quiet">
        From 0.00 (red) to 1.00 (green); – is not in the report. A frame marks a score that is{' '}
        {(apartFrom / 10_000).toFixed(2)} or more from the report’s.
      </p>
      <div class="scroll">
        <table class="map">
          <thead>
            <tr>
              <td />
              {roles.map((role) => (
                <th scope="colgroup" key={role} colSpan={columns.filter((one) => one.role === role).length}>
                  {role}
                </th>
              ))}
            </tr>
            <tr>
              <th scope="col">Submission</th>
              {columns.map(({ role, operator, isFirst }) => (
                <th scope="col" key={`${role} ${operator}`} class={isFirst ? 'first' : undefined} title={operator}>
                  {operator.slice(2, 8)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {of.results.map((result) => (
              <tr key={result.miner}>
                <th scope="row">
                  <Digest of={result.miner} />
                </th>
                {columns.map((column) => (
                  <ScoreCell key={`${column.role} ${column.operator}`} result={result} column={column} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function columnsOf({ results }: Explanation): Column[] {
  const observed = results.flatMap((one) => one.observed);
  const roles = allRoles.filter((role) => observed.some((one) => one.role === role));
  const operators = [...new Set(observed.map(({ operator }) => operator))].sort();
  return roles.flatMap((role) => operators.map((operator, index) => ({ role, operator, isFirst: index === 0 })));
}

function ScoreCell({ result, column }: { readonly result: Result; readonly column: Column }) {
  const { role, operator, isFirst } = column;
  const score = result.observed.find((one) => one.role === role && one.operator === operator)?.score;
  if (score === undefined)
    return (
      <td class={isFirst ? 'first' : undefined} title={`${role} by ${operator}: not in the report`}>
        –
      </td>
    );
  const reported = result.scores[role];
  const isApart = reported !== undefined && Math.abs(score - reported) >= apartFrom;
  const text = (score / 10_000).toFixed(2);
  const title = `${role} by ${operator}: ${text}${
    reported === undefined ? '' : `; the report has ${(reported / 10_000).toFixed(2)}`
  }`;
  return (
    <td
      class={`heat${isFirst ? ' first' : ''}${isApart ? ' apart' : ''}`}
      style={{ '--heat': score / 10_000 }}
      title={title}
    >
      {text}
      {isApart && <span class="hidden"> stands apart</span>}
    </td>
  );
}

/** Why a verdict is not accept, in lines for people. */
import type { Role } from '@assay/protocol/observation/role';
import { evidenceItemText, type StatedEvidence } from '@assay/protocol/report/explanation';
import { evidenceText, type Grounds, passageText } from '@assay/protocol/report/grounds';
import { reasonDetail, type VerdictReason } from '@assay/protocol/report/verdict-reasons';
import { paint } from './terminal.ts';

/** What is known of a verdict other than accept. */
export interface Why {
  readonly reasons: readonly VerdictReason[];
  /** The words that decided. */
  readonly grounds?: readonly Grounds[];
  /** What operators found, and how many of them observed a role. */
  readonly stated?: readonly StatedEvidence[];
  readonly observers?: (role: Role) => number;
}

/** For each role: what decided, what was found, and the words. Operators that found the same share a line. */
export function whyLines(miner: string, { reasons, grounds = [], stated = [], observers = () => 0 }: Why): string[] {
  const seen = new Set([...reasons, ...grounds, ...stated].map(({ role }) => role));
  return [...seen].flatMap((role) => {
    const ofRole = <T extends { readonly role: Role }>(all: readonly T[]) => all.filter((one) => one.role === role);
    const codes = ofRole(reasons).map(reasonDetail);
    const own = ofRole(stated);
    return [
      `  ${miner}  ${codes.length === 0 ? `${role}, which did not decide` : `${role}: ${codes.join('; ')}`}`,
      ...foundByOperators(own, observers(role)),
      ...ofRole(grounds).flatMap((one) => groundsLines(one, own, codes)),
    ];
  });
}

/** What operators found in a role. Those that did not find what most found are named. */
function foundByOperators(stated: readonly StatedEvidence[], observers: number): string[] {
  const byText = new Map<string, string[]>();
  for (const { operator, items } of stated) {
    const text = items.map(evidenceItemText).join('; ');
    byText.set(text, [...(byText.get(text) ?? []), operator.slice(0, 8)]);
  }
  return [...byText]
    .sort(([, one], [, other]) => other.length - one.length)
    .map(([text, operators]) => `      ${paint('dim', `${whoFound(operators, observers)} found:`)} ${text}`);
}

function whoFound(operators: readonly string[], observers: number): string {
  if (operators.length < observers) return `${operators.length} of ${observers} operators (${operators.join(' ')})`;
  return operators.length === 1 ? 'the operator' : `all ${operators.length} operators`;
}

/** What the content shows beyond what operators stated and the reasons say, and the passages that decided. */
function groundsLines(
  { score, evidence, against, passages, opposed }: Grounds,
  stated: readonly StatedEvidence[],
  codes: readonly string[],
): string[] {
  const items = stated.flatMap((one) => one.items);
  const found = [
    ...evidence.filter(({ flag }) => !items.some(({ kind }) => kind === flag)).map(evidenceText),
    ...against.filter((one) => !items.some((item) => item.against?.includes(one))),
  ].filter((one) => !codes.includes(one));
  // Only a role that measures a text without its parts can say that none of them decided, and only of what is in the
  // text: that a task has too few answers is not.
  const isInText = evidence.length === 0 || evidence.some(({ strength }) => strength !== undefined);
  const isWhole = isInText && score !== undefined && passages.length === 0 && against.length === 0;
  return [
    ...(found.length === 0 ? [] : [`      ${paint('dim', 'found:')} ${found.join('; ')}`]),
    ...passages.map((passage) => {
      const { start, end, text } = passage;
      return `      ${paint('dim', `${start}-${end}`)} ${JSON.stringify(text)}  ${paint('dim', passageText(score, passage))}`;
    }),
    ...(isWhole ? [`      ${paint('dim', 'no passage alone: the text as a whole')}`] : []),
    ...(opposed === undefined
      ? []
      : [`      ${paint('dim', `${opposed.miner} says`)} ${JSON.stringify(opposed.text)}`]),
  ];
}

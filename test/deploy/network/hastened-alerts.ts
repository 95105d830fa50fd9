/** The deployed alerts with shorter times, for a network whose faults last for seconds. */
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import { alertGroups, type Rule } from '../../../deploy/generate/observability.ts';

const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
/** A rate needs two scrapes, which are a second apart. */
const secondsMin = 4;

/** Writes the rules with every window, and every wait until an alert fires, divided. Thresholds stay as deployed. */
export async function writeHastened(file: string, divisor: number): Promise<void> {
  const shorter = (duration: string) =>
    duration.replace(/(\d+)([smhd])/g, (_, count: string, unit: string) => {
      const seconds = (Number(count) * (secondsOf[unit] ?? 1)) / divisor;
      return `${Math.max(secondsMin, Math.ceil(seconds))}s`;
    });
  const hastened = (rule: Rule): Rule => ({
    ...rule,
    expr: rule.expr.replace(/\[[^\]]+\]|offset \w+/g, shorter),
    ...(rule.for !== undefined && { for: shorter(rule.for) }),
  });
  const groups = alertGroups().map(({ rules, ...group }) => ({ ...group, rules: rules.map(hastened) }));
  await writeFile(file, stringify({ groups }));
}

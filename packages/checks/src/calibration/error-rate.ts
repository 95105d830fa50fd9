/** Shares of wrong verdicts over labelled submissions, with their intervals. */
import type { Vote } from '@assay/protocol/policy/policy';
import { honestLabel } from './calibration-data.ts';
import { type ShareInterval, wilsonInterval } from './roc.ts';

/** A measured share of wrong verdicts. */
export interface ErrorRate {
  readonly wrong: number;
  readonly of: number;
  /** 0…1; 0 if the total is 0. */
  readonly share: number;
  /** 95 %. */
  readonly interval: ShareInterval;
}

/** Errors of all submissions, and for each label: accepted attacks, rejected honest submissions. */
export interface ErrorRates {
  readonly falseAccept: ErrorRate;
  readonly falseReject: ErrorRate;
  readonly labels: Readonly<Record<string, { readonly wrong: number; readonly of: number }>>;
}

/** A labelled submission and its verdict. */
export interface JudgedLabel {
  readonly label: string;
  readonly verdict: Vote;
}

/** Counts the errors; an abstain is not an error. Labels are in alphabetical order. */
export function errorRatesOf(judged: readonly JudgedLabel[]): ErrorRates {
  const isWrong = ({ label, verdict }: JudgedLabel): boolean =>
    verdict === (label === honestLabel ? 'reject' : 'accept');
  const counted = (some: readonly JudgedLabel[]) => ({ wrong: some.filter(isWrong).length, of: some.length });
  const names = [...new Set(judged.map((one) => one.label))].sort();
  return {
    falseAccept: rateOf(counted(judged.filter((one) => one.label !== honestLabel))),
    falseReject: rateOf(counted(judged.filter((one) => one.label === honestLabel))),
    labels: Object.fromEntries(names.map((name) => [name, counted(judged.filter((one) => one.label === name))])),
  };
}

/** A share with its interval. */
function rateOf({ wrong, of }: { readonly wrong: number; readonly of: number }): ErrorRate {
  return { wrong, of, share: of === 0 ? 0 : wrong / of, interval: wilsonInterval(wrong, of) };
}

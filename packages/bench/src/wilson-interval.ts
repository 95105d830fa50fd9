/** Shares with their intervals, for the benches' output. */
import { type ShareInterval, wilsonInterval } from '@assay/checks/calibration/roc';

/** A share with its 95 % interval (Wilson). */
export interface Rate extends ShareInterval {
  readonly count: number;
  readonly of: number;
  /** 0…1; 0 if the total is 0. */
  readonly share: number;
}

/** The share of `count` in `of`. */
export function rateOf(count: number, of: number): Rate {
  return { count, of, share: of === 0 ? 0 : count / of, ...wilsonInterval(count, of) };
}

/** "0.35 %  (1 of 284; 95 % interval 0.06 % to 1.97 %)". */
export function rateText(rate: Rate): string {
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  return `${percent(rate.share)}  (${rate.count} of ${rate.of}; 95 % interval ${percent(rate.low)} to ${percent(rate.high)})`;
}

/** Whole numbers on the command line. */
import { InvalidArgumentError } from 'commander';

/** A parser for an option's value that accepts integers from `least` to `most`; its error states the range. */
export function countBetween(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

/** Whole numbers on the command line. */
import { InvalidArgumentError } from 'commander';

/** A parser of an option's value that takes whole numbers from `least` to `most`, and says so otherwise. */
export function countBetween(least: number, most: number) {
  return (text: string): number => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
  };
}

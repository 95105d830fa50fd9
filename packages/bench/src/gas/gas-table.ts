/** The tables that `assay bench gas` prints. */
import { paint, tableOf } from '@assay/cli/output/terminal';
import type { GasFigures } from './gas-figures.ts';

const count = (value: number) => value.toLocaleString('en-US');
const head = (...cells: string[]) => cells.map((cell) => paint('dim', cell));
const state = (held: boolean) => (held ? 'held' : paint('red', 'NOT HELD'));

/** All figures, a table for each kind. */
export function linesOf(figures: GasFigures): string[] {
  return [
    ...certificateLines(figures),
    '',
    ...tableOf(
      [
        head('fork', 'verdict', 'operators', 'batch', 'gas'),
        ...figures.verdicts.map((one) => [one.fork, one.scheme, ...[one.operators, one.batch, one.gas].map(count)]),
      ],
      [2, 3, 4],
    ),
    '',
    ...figures.verifyReport.map(
      ({ fork, batch, gas }) =>
        `${fork}: verifyReport in a batch of ${count(batch)}: ${count(gas)} gas for a contract that asks`,
    ),
    '',
    ...tableOf(
      [
        head('fork', 'prototype', 'gas', 'expected', 'within 3 %'),
        ...figures.expectations.map((one) => [
          one.fork,
          one.name,
          count(one.gas),
          count(one.expected),
          state(one.held),
        ]),
      ],
      [2, 3],
    ),
    '',
    ...tableOf(
      [
        head('bar', 'gas', 'at most', ''),
        ...figures.bars.map((one) => [one.name, count(one.gas), count(one.bar), state(one.held)]),
      ],
      [1, 2],
    ),
  ];
}

function certificateLines({ certificates, physicalFloor }: GasFigures): string[] {
  const rows = certificates.map((one) => [
    one.fork,
    one.scheme,
    ...[one.operators, one.signers, one.certificateBytes, one.gas, physicalFloor].map(count),
  ]);
  return tableOf(
    [head('fork', 'certificate', 'operators', 'signers sent', 'bytes', 'gas', 'floor'), ...rows],
    [2, 3, 4, 5, 6],
  );
}

/** The figures of `assay bench gas`, what they must not exceed, and what they are expected to be. */
import type { CertificateScheme } from '@assay/protocol/network/validator-set';

/** Whose rules the chain has. Osaka prices MODEXP higher, which hashing to the curve needs. */
export const gasForks = ['prague', 'osaka'] as const;
export type GasFork = (typeof gasForks)[number];

/** Gas of one certificate transaction. */
export interface CertificateGas {
  readonly fork: GasFork;
  readonly scheme: CertificateScheme;
  readonly operators: number;
  /** How many signed: with ECDSA the fewest that reach the quorum, unless `all` is true. */
  readonly signers: number;
  readonly nonSigners: number;
  readonly all: boolean;
  readonly certificateBytes: number;
  readonly gas: number;
}

/** Gas of one verdict of a batch, one verdict a report. */
export interface VerdictGas {
  readonly fork: GasFork;
  readonly scheme: CertificateScheme;
  readonly operators: number;
  readonly batch: number;
  readonly gas: number;
}

/** A figure, what it must not exceed, and whether it does not. */
export interface GasBar {
  readonly name: string;
  readonly gas: number;
  readonly bar: number;
  readonly held: boolean;
}

/** A figure and the one of the prototype, which it must not miss by more than 3 %. */
export interface GasExpectation {
  readonly fork: GasFork;
  readonly name: string;
  readonly gas: number;
  readonly expected: number;
  readonly held: boolean;
}

/** Gas of the start of an epoch; with BLS for keys that are all new. */
export interface EpochGas {
  readonly fork: GasFork;
  readonly scheme: CertificateScheme;
  readonly operators: number;
  readonly gas: number;
}

/** All figures of one run. */
export interface GasFigures {
  readonly physicalFloor: number;
  readonly certificates: readonly CertificateGas[];
  readonly epochs: readonly EpochGas[];
  readonly verdicts: readonly VerdictGas[];
  /** Asked by a contract whose transaction has not touched the hub before. */
  readonly verifyReport: readonly { readonly fork: GasFork; readonly batch: number; readonly gas: number }[];
  readonly expectations: readonly GasExpectation[];
  readonly bars: readonly GasBar[];
}

const transactionGas = 21_000;
const freshSlotGas = 22_100;
const ecrecoverGas = 3_000;
const nonZeroByteGas = 16;
/** Selector, epoch, sequence, root, count and one signature, without any padding. */
const leastCalldataBytes = 4 + 8 + 8 + 32 + 4 + 64;

/** No post of a root can cost less: a transaction, its calldata, one fresh slot and the check of one signature. */
export const physicalFloor = transactionGas + leastCalldataBytes * nonZeroByteGas + freshSlotGas + ecrecoverGas;

type Row = Pick<CertificateGas, 'scheme' | 'operators' | 'nonSigners' | 'all'>;
const ofEcdsa = (operators: number, all: boolean): Row => ({ scheme: 'ecdsa', operators, nonSigners: 0, all });
const ofBls = (operators: number, nonSigners: number): Row => ({
  scheme: 'bls',
  operators,
  nonSigners,
  all: nonSigners === 0,
});

/** What the prototypes of these encodings cost. */
const prototypes: readonly (readonly [string, Row, Readonly<Record<GasFork, number>>])[] = [
  ['8 of 11 ECDSA signers', ofEcdsa(11, false), { prague: 93_212, osaka: 93_212 }],
  ['11 of 11 ECDSA signers', ofEcdsa(11, true), { prague: 106_428, osaka: 106_428 }],
  ['86 of 128 ECDSA signers', ofEcdsa(128, false), { prague: 436_523, osaka: 436_523 }],
  ['21 of 21 BLS signers', ofBls(21, 0), { prague: 177_789, osaka: 178_365 }],
  ['64 of 64 BLS signers', ofBls(64, 0), { prague: 177_789, osaka: 178_365 }],
  ['128 of 128 BLS signers', ofBls(128, 0), { prague: 177_789, osaka: 178_365 }],
  ['118 of 128 BLS signers', ofBls(128, 10), { prague: 198_598, osaka: 199_174 }],
];
const tolerance = 0.03;

/** The figures that have a prototype. */
export function expectationsOf(certificates: readonly CertificateGas[]): GasExpectation[] {
  return gasForks.flatMap((fork) =>
    prototypes.map(([name, row, { [fork]: expected }]) => {
      const gas = gasOf(certificates, fork, row);
      return { fork, name, gas, expected, held: Math.abs(gas - expected) <= tolerance * expected };
    }),
  );
}

/** The bars over the worst figure of both forks. */
export function barsOf(
  certificates: readonly CertificateGas[],
  verdicts: readonly VerdictGas[],
  verifyReport: GasFigures['verifyReport'],
): GasBar[] {
  const bar = (name: string, most: number, values: readonly number[]) => {
    const gas = Math.max(...values);
    return { name, gas, bar: most, held: gas <= most };
  };
  const all = (row: Row) => gasForks.map((fork) => gasOf(certificates, fork, row));
  const extra = certificates
    .filter(({ nonSigners }) => nonSigners === 10)
    .map(({ fork, operators, gas }) => Math.ceil((gas - gasOf(certificates, fork, ofBls(operators, 0))) / 10));
  const verdict = (size: number) =>
    verdicts.filter(({ scheme, batch }) => scheme === 'ecdsa' && batch === size).map(({ gas }) => gas);
  return [
    bar('certificate of 8 of 11 ECDSA signers', 94_000, all(ofEcdsa(11, false))),
    bar(
      'BLS certificate, all signing',
      180_000,
      [21, 64, 128].flatMap((operators) => all(ofBls(operators, 0))),
    ),
    bar('each of ten non-signers', 2_700, extra),
    bar('verdict in a batch of 256, 11 operators', 400, verdict(256)),
    bar('verdict in a batch of 1,024, 11 operators', 95, verdict(1024)),
    bar('verdict in a batch of 4,096, 11 operators', 24, verdict(4096)),
    bar(
      'verifyReport, asked by a contract',
      10_000,
      verifyReport.map(({ gas }) => gas),
    ),
  ];
}

function gasOf(certificates: readonly CertificateGas[], fork: GasFork, row: Row): number {
  const found = certificates.find(
    (one) =>
      one.fork === fork &&
      one.scheme === row.scheme &&
      one.operators === row.operators &&
      one.nonSigners === row.nonSigners &&
      one.all === row.all,
  );
  if (found === undefined) throw new Error(`No certificate of ${row.operators} operators was measured on ${fork}.`);
  return found.gas;
}

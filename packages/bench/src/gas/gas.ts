/** `assay bench gas`: gas of certificates, verdicts and proofs on a real EVM chain. */
import { verifyReportGas } from '@assay/adapters/evm/gas';
import { startAnvil } from '@assay/adapters/process/server-process';
import { Progress, paint, print, tableOf } from '@assay/cli/account/terminal';
import { type CertificateScheme, type GasNetwork, gasNetwork, postForGas } from './gas-network.ts';

export interface BenchGas {
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** Gas of one certificate transaction. */
export interface CertificateGas {
  readonly scheme: CertificateScheme;
  readonly operators: number;
  readonly nonSigners: number;
  readonly certificateBytes: number;
  readonly gas: number;
}

/** Gas of one verdict of a batch, one verdict a report. */
export interface VerdictGas {
  readonly scheme: CertificateScheme;
  readonly operators: number;
  readonly batch: number;
  readonly gas: number;
}

/** A figure, its bar, and whether it holds. */
export interface GasBar {
  readonly name: string;
  readonly gas: number;
  readonly bar: number;
  readonly held: boolean;
}

/** All figures of one run. */
export interface GasFigures {
  readonly certificates: readonly CertificateGas[];
  readonly verdicts: readonly VerdictGas[];
  /** Called by a contract whose transaction has not touched the hub before. */
  readonly verifyReport: { readonly batch: number; readonly gas: number };
  readonly bars: readonly GasBar[];
}

const ecdsaCounts = [4, 11, 21] as const;
const blsCounts = [21, 64, 128] as const;
const nonSignerCounts = [1, 10] as const;
const batchSizes = [1, 16, 256, 1024] as const;
const usualBatch = 256;
const blockSeconds = 0.1;

/** Starts a chain, measures, stops it. Resolves with 0 if every bar holds, otherwise with 1. */
export async function benchGas(options: BenchGas): Promise<number> {
  const progress = new Progress();
  const anvil = await startAnvil({ blockTimeSeconds: blockSeconds });
  let figures: Awaited<ReturnType<typeof measure>>;
  try {
    figures = await measure(anvil.url, options.signal, (step) => progress.say(step));
  } finally {
    await anvil.stop();
  }
  progress.end();
  if (options.json) print(JSON.stringify(figures));
  else for (const line of linesOf(figures)) print(line);
  return figures.bars.every(({ held }) => held) ? 0 : 1;
}

async function measure(rpcUrl: string, signal: AbortSignal, say: (step: string) => void): Promise<GasFigures> {
  const certificates: CertificateGas[] = [];
  const verdicts: VerdictGas[] = [];
  let proof: GasFigures['verifyReport'] | undefined;
  const plans = [
    ...ecdsaCounts.map((operators) => ({ scheme: 'ecdsa' as const, operators, missing: [] })),
    ...blsCounts.map((operators) => ({ scheme: 'bls' as const, operators, missing: nonSignerCounts })),
  ];
  for (const { scheme, operators, missing } of plans) {
    signal.throwIfAborted();
    say(`${operators} operators, ${scheme}`);
    const on = await gasNetwork(rpcUrl, scheme, operators);
    const whole = (scheme === 'ecdsa' && operators === 11) || operators === 128;
    let sequence = 0;
    for (const batch of whole ? batchSizes : [usualBatch]) {
      const post = await postForGas(on, ++sequence, batch);
      if (whole) verdicts.push({ scheme, operators, batch, gas: Math.round(post.gas / batch) });
      if (batch === usualBatch) certificates.push(certificateGas(on, 0, post));
      if (batch === Math.max(...batchSizes)) {
        const gas = await verifyReportGas(rpcUrl, on.deployed.hub, post.batch, post.report, post.proof);
        proof ??= { batch, gas };
      }
    }
    for (const nonSigners of missing)
      certificates.push(certificateGas(on, nonSigners, await postForGas(on, ++sequence, usualBatch, nonSigners)));
  }
  if (proof === undefined) throw new Error('No batch was large enough for the proof.');
  return { certificates, verdicts, verifyReport: proof, bars: barsOf(certificates, verdicts, proof.gas) };
}

function certificateGas(
  on: GasNetwork,
  nonSigners: number,
  { gas, certificateBytes }: { readonly gas: number; readonly certificateBytes: number },
): CertificateGas {
  return { scheme: on.scheme, operators: on.operators.length, nonSigners, certificateBytes, gas };
}

function barsOf(certificates: readonly CertificateGas[], verdicts: readonly VerdictGas[], proof: number): GasBar[] {
  const bar = (name: string, gas: number, most: number) => ({ name, gas, bar: most, held: gas <= most });
  const worst = (values: readonly number[]) => Math.max(...values);
  const of = (scheme: CertificateScheme, nonSigners: number) =>
    certificates.filter((one) => one.scheme === scheme && one.nonSigners === nonSigners);
  const eleven = of('ecdsa', 0).filter(({ operators }) => operators === 11);
  const extra = certificates
    .filter(({ nonSigners }) => nonSigners > 0)
    .map(({ operators, nonSigners, gas }) => {
      const all = of('bls', 0).find((one) => one.operators === operators)?.gas ?? 0;
      return Math.ceil((gas - all) / nonSigners);
    });
  const perVerdict = (size: number) => verdicts.filter(({ batch }) => batch === size).map(({ gas }) => gas);
  return [
    bar('certificate of 11 ECDSA signers', worst(eleven.map(({ gas }) => gas)), 130_000),
    bar('BLS certificate, all signing', worst(of('bls', 0).map(({ gas }) => gas)), 220_000),
    bar('each non-signer', worst(extra), 6_000),
    bar('verdict in a batch of 256', worst(perVerdict(256)), 1_000),
    bar('verdict in a batch of 1,024', worst(perVerdict(1024)), 300),
    bar('verifyReport, asked by a contract', proof, 10_000),
  ];
}

function linesOf({ certificates, verdicts, verifyReport, bars }: GasFigures): string[] {
  const count = (value: number) => value.toLocaleString('en-US');
  const head = (...cells: string[]) => cells.map((cell) => paint('dim', cell));
  return [
    ...tableOf(
      [
        head('certificate', 'operators', 'non-signers', 'bytes', 'gas'),
        ...certificates.map((one) => [
          one.scheme,
          count(one.operators),
          count(one.nonSigners),
          count(one.certificateBytes),
          count(one.gas),
        ]),
      ],
      [1, 2, 3, 4],
    ),
    '',
    ...tableOf(
      [
        head('verdict', 'operators', 'batch', 'gas'),
        ...verdicts.map((one) => [one.scheme, count(one.operators), count(one.batch), count(one.gas)]),
      ],
      [1, 2, 3],
    ),
    '',
    `verifyReport in a batch of ${count(verifyReport.batch)}: ${count(verifyReport.gas)} gas for a contract that asks`,
    '',
    ...tableOf(
      [
        head('bar', 'gas', 'at most', ''),
        ...bars.map((one) => [one.name, count(one.gas), count(one.bar), one.held ? 'held' : paint('red', 'NOT HELD')]),
      ],
      [1, 2],
    ),
  ];
}

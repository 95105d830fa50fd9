/** `assay bench gas`: what certificates, verdicts and proofs cost on a real EVM chain, by the rules of two forks. */
import { writeFile } from 'node:fs/promises';
import { epochStartGas, verifyReportGas } from '@assay/adapters/evm/gas';
import { startAnvil } from '@assay/adapters/process/server-programs';
import { Progress, print } from '@assay/cli/output/terminal';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import { barsOf, expectationsOf, type GasFigures, type GasFork, gasForks, physicalFloor } from './gas-figures.ts';
import { type GasPost, type GasSigners, gasNetwork, postForGas } from './gas-network.ts';
import { linesOf } from './gas-table.ts';

export interface BenchGas {
  /** File for the record that `assay cost` counts with. */
  readonly record?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
}

/** One network to measure: whose certificates, at how many operators, and who signs. */
interface Plan {
  readonly scheme: CertificateScheme;
  readonly operators: number;
  readonly signers: readonly GasSigners[];
}

const usualSigners: GasSigners = {};
const missing: readonly GasSigners[] = [usualSigners, { missing: 1 }, { missing: 10 }];
const plans: readonly Plan[] = [
  { scheme: 'ecdsa', operators: 4, signers: [usualSigners] },
  { scheme: 'ecdsa', operators: 11, signers: [usualSigners, { all: true }] },
  { scheme: 'ecdsa', operators: 21, signers: [usualSigners] },
  { scheme: 'ecdsa', operators: 40, signers: [usualSigners] },
  { scheme: 'ecdsa', operators: 128, signers: [usualSigners] },
  { scheme: 'bls', operators: 21, signers: missing },
  { scheme: 'bls', operators: 64, signers: missing },
  { scheme: 'bls', operators: 128, signers: missing },
];
const batchSizes = [1, 16, 256, 1024, 4096] as const;
/** Batches of so many reports or more have their proofs measured. */
const provenBatch = 1024;
/** The networks whose verdicts are measured as well. */
const usualOperators = { ecdsa: 11, bls: 128 } as const;
const usualBatch = 256;
const blockSeconds = 0.1;

/** Starts a chain for each fork, measures, stops it. Resolves with 0 when every bar holds, with 1 when one does not. */
export async function benchGas(options: BenchGas): Promise<number> {
  const progress = new Progress();
  const measured: Measured[] = [];
  for (const fork of gasForks) {
    const anvil = await startAnvil({ blockTimeSeconds: blockSeconds, hardfork: fork });
    try {
      measured.push(await measure(fork, anvil.url, options.signal, (step) => progress.say(`${fork}: ${step}`)));
    } finally {
      await anvil.stop();
    }
  }
  progress.end();
  const certificates = measured.flatMap((one) => one.certificates);
  const epochs = measured.flatMap((one) => one.epochs);
  const verdicts = measured.flatMap((one) => one.verdicts);
  const verifyReport = measured.flatMap((one) => one.verifyReport);
  const figures: GasFigures = {
    physicalFloor,
    certificates,
    epochs,
    verdicts,
    verifyReport,
    expectations: expectationsOf(certificates),
    bars: barsOf(certificates, verdicts, verifyReport),
  };
  if (options.record !== undefined) await writeFile(options.record, recordText(figures));
  if (options.json) print(JSON.stringify(figures));
  else for (const line of linesOf(figures)) print(line);
  return [...figures.bars, ...figures.expectations].every(({ held }) => held) ? 0 : 1;
}

type Measured = Pick<GasFigures, 'certificates' | 'epochs' | 'verdicts' | 'verifyReport'>;

async function measure(
  fork: GasFork,
  rpcUrl: string,
  signal: AbortSignal,
  say: (step: string) => void,
): Promise<Measured> {
  const certificates: GasFigures['certificates'][number][] = [];
  const epochs: GasFigures['epochs'][number][] = [];
  const verdicts: GasFigures['verdicts'][number][] = [];
  const verifyReport: GasFigures['verifyReport'][number][] = [];
  for (const { scheme, operators, signers } of plans) {
    signal.throwIfAborted();
    say(`${operators} operators, ${scheme}`);
    const on = await gasNetwork(rpcUrl, scheme, operators);
    epochs.push({ fork, scheme, operators, gas: await epochStartGas(rpcUrl, on.deployed.registry) });
    let sequence = 0;
    for (const who of signers) {
      const post = await postForGas(on, ++sequence, usualBatch, who);
      certificates.push({ fork, scheme, operators, ...certificateOf(operators, post, who) });
    }
    if (operators !== usualOperators[scheme]) continue;
    for (const batch of batchSizes) {
      const post = await postForGas(on, ++sequence, batch);
      verdicts.push({ fork, scheme, operators, batch, gas: Math.round(post.gas / batch) });
      if (scheme !== 'ecdsa' || batch < provenBatch) continue;
      const gas = await verifyReportGas(rpcUrl, on.deployed.hub, post.batch, post.report, post.proof);
      verifyReport.push({ fork, batch, gas });
    }
  }
  return { certificates, epochs, verdicts, verifyReport };
}

/** A module with what services send and what epochs cost, by the rules of the newest fork. */
function recordText({ certificates, epochs }: GasFigures): string {
  const fork = gasForks.at(-1);
  const line = (row: Readonly<Record<string, string | number>>) => {
    const fields = Object.entries(row).map(
      ([name, value]) => `${name}: ${typeof value === 'string' ? `'${value}'` : value}`,
    );
    return `    { ${fields.join(', ')} },`;
  };
  const posts = certificates
    .filter((one) => one.fork === fork && one.nonSigners === 0 && !(one.scheme === 'ecdsa' && one.all))
    .map(({ scheme, operators, certificateBytes, gas }) => line({ scheme, operators, certificateBytes, gas }));
  const starts = epochs
    .filter((one) => one.fork === fork)
    .map(({ scheme, operators, gas }) => line({ scheme, operators, gas }));
  return [
    `/** Gas by the rules of ${fork}. Made by \`assay bench gas --record <this file>\`: do not edit. */`,
    "import type { GasRecord } from './estimate.ts';",
    '',
    '/** What was measured. */',
    'export const gasRecord: GasRecord = {',
    '  posts: [',
    ...posts,
    '  ],',
    '  epochs: [',
    ...starts,
    '  ],',
    '};',
    '',
  ].join('\n');
}

function certificateOf(operators: number, { gas, certificateBytes, signers }: GasPost, who: GasSigners) {
  return { signers, nonSigners: who.missing ?? 0, all: signers === operators, certificateBytes, gas };
}

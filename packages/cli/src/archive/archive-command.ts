/** `assay archive`: keeps certified reports in PostgreSQL, each once and proven. */
import { connectEvmChain } from '@assay/adapters/evm/chain';
import { readSecretFile } from '@assay/adapters/keys/key-file';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { openPostgresArchive } from '@assay/adapters/postgres/report-archive';
import { systemClock } from '@assay/adapters/process/system-clock';
import { errorText } from '@assay/protocol/error-text';
import type { ReportArchive } from '@assay/protocol/report/report-archive';
import { ChainReader } from '@assay/sdk/chain-reader';
import { proveReport } from '@assay/sdk/prove-report';
import { type EquivocationCommand, loginOf, placeOf } from '../commands/equivocation-command.ts';
import { UsageError } from '../commands/usage-error.ts';
import { shippedFile } from '../network/installation.ts';
import { readPolicies, shippedPoliciesFile } from '../network/policy-file.ts';
import { paint, print } from '../output/terminal.ts';
import { type ArchiveEvent, archiveReports } from './archive-reports.ts';

/** Options of the command. */
export interface ArchiveCommand
  extends Pick<
    EquivocationCommand,
    'nats' | 'user' | 'passwordFile' | 'caFile' | 'rpc' | 'hub' | 'registry' | 'policies'
  > {
  readonly databaseUrlFile: string;
  readonly again: boolean;
  readonly once: boolean;
  readonly json: boolean;
}

/** Runs until the signal aborts, or once; resolves with 0, or with 1 if a report was refused. */
export async function archiveCommand(
  options: ArchiveCommand,
  environment: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<number> {
  const servers = options.nats ?? environment.NATS_URL;
  if (servers === undefined) throw new UsageError('Name the NATS servers: --nats, or NATS_URL.');
  const { rpcUrl, hub, registry } = placeOf(options);
  const policies = await readPolicies(options.policies ?? shippedPoliciesFile);
  const chain = new ChainReader({ rpcUrl, hub, registry });
  const { chainId } = await connectEvmChain({ rpcUrl, hub, registry }).network();
  const archive = await opened(options.databaseUrlFile);
  const counts = { kept: 0, known: 0, refused: 0, failed: 0 };
  const tell = (event: ArchiveEvent) => {
    counts[event.kind] += 1;
    print(options.json ? JSON.stringify(event) : lineOf(event));
  };
  const bus = await connectNatsBus({ servers, name: 'assay-archive', ...loginOf(options) });
  try {
    const prove = (report: Parameters<typeof proveReport>[2]) => proveReport(chain, policies, report);
    const { again, once } = options;
    await archiveReports({ bus, clock: systemClock, archive, of: { chainId, hub }, prove, again, once, tell }, signal);
  } finally {
    await Promise.all([bus.close(), archive.close()]);
  }
  process.stderr.write(`${counts.kept} reports kept, ${counts.known} known before, ${counts.refused} refused.\n`);
  return counts.refused === 0 ? 0 : 1;
}

async function opened(file: string): Promise<ReportArchive> {
  try {
    return await openPostgresArchive({ url: readSecretFile(file), migrations: shippedFile('deploy/archive') });
  } catch (cause) {
    throw new UsageError(errorText(cause), { cause });
  }
}

function lineOf(event: ArchiveEvent): string {
  if (event.kind === 'failed') return paint('yellow', `asked again  ${event.error}`);
  if (event.kind === 'refused')
    return `${paint('red', 'refused')}      message ${event.sequence}: ${event.code}. ${event.detail}`;
  return `${event.kind.padEnd(12)} ${event.taskId}`;
}

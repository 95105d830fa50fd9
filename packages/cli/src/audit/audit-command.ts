/** `assay audit`: exports the audit log, and checks it against itself and against the chain. */
import { readAuditAnchors } from '@assay/adapters/evm/audit-anchors';
import { connectNatsBus } from '@assay/adapters/nats/bus';
import { type AuditAnchor, type AuditCheck, ChainCheck } from '@assay/protocol/audit/chain-check';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Bus } from '@assay/protocol/ports';
import { loginOf } from '../commands/equivocation-command.ts';
import { UsageError } from '../commands/usage-error.ts';
import { type Connection, readConnection } from '../network/network-file.ts';
import { print } from '../output/terminal.ts';
import { type ReadRecord, recordsInFiles, recordsOnBus } from './read-records.ts';

/** How the stream is reached. */
export interface BusOptions {
  readonly nats?: string;
  readonly user: string;
  readonly passwordFile?: string;
  readonly caFile?: string;
}

/** Options of `audit verify`. */
export interface VerifyCommand extends BusOptions {
  readonly rpc?: string;
  readonly hub?: string;
  /** Accounts whose anchors count. */
  readonly transmitters?: readonly string[];
  /** The first block that is searched for anchors. */
  readonly fromBlock: number;
  /** Number that the first record must have; undefined: 1 in files, and any on the stream. */
  readonly fromRecord?: number;
  readonly json: boolean;
}

/** Prints every record as one line of JSON. Returns the exit code. */
export async function exportCommand(options: BusOptions): Promise<number> {
  await withBus(options, async (bus) => {
    for await (const record of recordsOnBus(bus)) {
      if (!record.ok) throw new Error(`The audit log cannot be exported whole: ${record.refusal.detail}`);
      print(JSON.stringify(record.value));
    }
  });
  return 0;
}

/** Checks files, or the stream where none is named. Returns 0 if all holds, 1 if not. */
export async function verifyCommand(files: readonly string[], options: VerifyCommand): Promise<number> {
  const place = await anchorPlace(options);
  const found = place === undefined ? undefined : await readAuditAnchors(place);
  const anchors = found?.anchors ?? [];
  const startsAt = options.fromRecord ?? (files.length > 0 ? 1 : undefined);
  const result =
    files.length > 0
      ? await checkAll(recordsInFiles(files), anchors, startsAt)
      : await withBus(options, (bus) => checkAll(recordsOnBus(bus), anchors, startsAt));
  const isCompared = found !== undefined;
  if (options.json) print(JSON.stringify({ holds: result.broken === undefined, ...result, isCompared }));
  else for (const line of accountOf(result, isCompared)) print(line);
  return result.broken === undefined ? 0 : 1;
}

async function checkAll(
  records: AsyncIterable<ReadRecord>,
  anchors: readonly AuditAnchor[],
  startsAt: number | undefined,
): Promise<AuditCheck> {
  const chain = new ChainCheck(anchors, startsAt);
  for await (const record of records) {
    if (record.ok) chain.take(record.value);
    else chain.takeUnreadable(record.refusal.detail);
    if (chain.broken !== undefined) break;
  }
  return chain.end();
}

/** Where anchors are read, if the options or the running network say it. */
async function anchorPlace(options: VerifyCommand) {
  const running = await readConnection(process.cwd());
  const rpcUrl = options.rpc ?? running?.rpcUrl;
  const hub = options.hub ?? running?.hub;
  const transmitters = options.transmitters ?? running?.transmitters;
  const isAsked = [options.rpc, options.hub, options.transmitters].some((one) => one !== undefined);
  if (!isAsked && running?.transmitters === undefined) return undefined;
  if (rpcUrl === undefined || hub === undefined || transmitters === undefined)
    throw new UsageError('To compare with the chain, give --rpc, --hub and --transmitter.');
  return { rpcUrl, hub: address(hub), transmitters: transmitters.map(address), fromBlock: options.fromBlock };
}

function address(text: string): Hex {
  if (/^0x[0-9a-f]{40}$/i.test(text)) return text.toLowerCase() as Hex;
  throw new UsageError(`"${text}" is not an address: 0x and 40 hexadecimal digits.`);
}

async function withBus<T>(options: BusOptions, work: (bus: Bus) => Promise<T>): Promise<T> {
  const running: Connection | undefined = await readConnection(process.cwd());
  const servers = options.nats ?? process.env.NATS_URL ?? running?.natsUrl;
  if (servers === undefined) throw new UsageError('Name the NATS servers: --nats, or NATS_URL.');
  const bus = await connectNatsBus({ servers, name: 'assay-audit', ...loginOf(options) });
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
}

function accountOf({ first, last, anchorsHeld, anchored, broken }: AuditCheck, isCompared: boolean): string[] {
  if (broken !== undefined) return [`Record ${broken.number} is broken (${broken.kind}): ${broken.detail}`];
  if (first === undefined || last === undefined) return ['There are no records.'];
  const whole = `The records ${first} to ${last} hold: none was changed, left out or moved.`;
  const before = first === 1 ? [] : [`The ${first - 1} before are not here: compare with an earlier export.`];
  if (!isCompared)
    return [whole, ...before, 'They were not compared with the chain: give --rpc, --hub and --transmitter.'];
  if (anchored === undefined) return [whole, ...before, 'No record of them is anchored on chain yet.'];
  const after = last - anchored.number;
  return [
    whole,
    ...before,
    `${anchorsHeld} anchors on chain fit. The last is of record ${anchored.number}, in ${anchored.transactionHash}.`,
    ...(after === 0 ? [] : [`The ${after} after it have no anchor yet: until then whoever runs NATS can change them.`]),
  ];
}

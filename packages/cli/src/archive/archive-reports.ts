/** Follows the certified reports of a network, proves each against the chain, and keeps it in an archive. */
import { decodeMessage } from '@assay/protocol/encoding/decode';
import { errorText } from '@assay/protocol/error-text';
import type { Bus, BusMessage, Clock } from '@assay/protocol/ports';
import type { Checked } from '@assay/protocol/refusal';
import { type CertifiedReport, certifiedReportSchema } from '@assay/protocol/report/certified-report';
import type { ArchivedHub, ReportArchive } from '@assay/protocol/report/report-archive';
import { tuning } from '@assay/protocol/tuning';

/** Proofs that are asked for at once. */
const provenAtOnce = 32;

/** What the archive tells. `refused`: a message that is no report which the chain proves; it is not kept. */
export type ArchiveEvent =
  | { readonly kind: 'kept' | 'known'; readonly sequence: number; readonly taskId: string }
  | { readonly kind: 'refused'; readonly sequence: number; readonly code: string; readonly detail: string }
  | { readonly kind: 'failed'; readonly error: string };

/** What archiving needs. */
export interface Archiving {
  readonly bus: Pick<Bus, 'follow' | 'extent'>;
  readonly clock: Clock;
  readonly archive: ReportArchive;
  readonly of: ArchivedHub;
  /** Proves a report against the chain; rejects if the chain does not answer. */
  readonly prove: (report: CertifiedReport) => Promise<Checked<unknown>>;
  /** Read the stream from its beginning, whatever was read before. */
  readonly again: boolean;
  /** End when every report is kept that was there at the start. */
  readonly once: boolean;
  readonly tell: (event: ArchiveEvent) => void;
}

/** Archives until the signal aborts, or once. Bus, chain or database that do not answer are asked again. */
export async function archiveReports(archiving: Archiving, signal: AbortSignal): Promise<void> {
  const { bus, clock, archive, of, again, once, tell } = archiving;
  let until = once ? undefined : Number.POSITIVE_INFINITY;
  let isAgain = again;
  while (!signal.aborted) {
    try {
      const { first, last } = await bus.extent('REPORTS');
      until ??= last;
      const position = isAgain ? first - 1 : await archive.position(of);
      // A stream that was made anew ends before the place that was reached.
      const from = position > last ? first : Math.max(first, position + 1);
      if (from > until) return;
      isAgain = false;
      await follow(archiving, from, until, signal);
      if (once) return;
    } catch (error) {
      if (!signal.aborted) tell({ kind: 'failed', error: errorText(error) });
    }
    if (!signal.aborted) await clock.sleep(tuning.retryDelayMs, signal);
  }
}

/** Proves several at once and keeps them in order; rejects with the first failure. */
async function follow(archiving: Archiving, from: number, until: number, signal: AbortSignal): Promise<void> {
  const stop = new AbortController();
  const underWay: Promise<void>[] = [];
  let before = Promise.resolve();
  let failure: unknown;
  for await (const message of archiving.bus.follow(
    'REPORTS',
    { fromSequence: from },
    AbortSignal.any([signal, stop.signal]),
  )) {
    const proof = prove(archiving, message);
    proof.catch(() => undefined);
    const kept = before.then(async () => keep(archiving, message.sequence, await proof));
    before = kept;
    underWay.push(kept);
    kept.catch((error: unknown) => {
      failure ??= error;
      stop.abort();
    });
    if (underWay.length >= provenAtOnce) await underWay.shift()?.catch(() => undefined);
    if (message.sequence >= until) break;
  }
  await before.catch(() => undefined);
  if (failure !== undefined) throw failure;
}

async function prove({ prove: proveOne, of }: Archiving, { data }: BusMessage): Promise<Checked<CertifiedReport>> {
  const decoded = decodeMessage(certifiedReportSchema, data);
  if (!decoded.ok) return decoded;
  const { value } = decoded;
  if (value.chainId !== of.chainId || value.hub !== of.hub)
    return { ok: false, refusal: { code: 'wrong-chain', detail: `It is of hub ${value.hub}.` } };
  const proven = await proveOne(value);
  return proven.ok ? decoded : proven;
}

async function keep(
  { archive, of, tell }: Archiving,
  sequence: number,
  proof: Checked<CertifiedReport>,
): Promise<void> {
  const kept = await archive.keep(of, sequence, proof.ok ? proof.value : undefined);
  if (!proof.ok) tell({ kind: 'refused', sequence, code: proof.refusal.code, detail: proof.refusal.detail });
  else if (kept !== 'none') tell({ kind: kept, sequence, taskId: proof.value.task.taskId });
}

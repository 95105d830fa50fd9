import { MemoryBroker } from '@assay/adapters/memory/memory-bus';
import { systemClock } from '@assay/adapters/process/system-clock';
import { subjects } from '@assay/protocol/bus/subjects';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import {
  exampleCertifiedReport,
  exampleNetwork,
  exampleObservations,
  exampleTask,
} from '@assay/protocol/network/example-network';
import type { Bus } from '@assay/protocol/ports';
import { accepted, refused } from '@assay/protocol/refusal';
import type { CertifiedReport } from '@assay/protocol/report/certified-report';
import type { ReportArchive } from '@assay/protocol/report/report-archive';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ArchiveEvent, type Archiving, archiveReports } from './archive-reports.ts';

const example = exampleNetwork();
const { chainId, hub } = example.network;
const reportOf = (reference: string): CertifiedReport => {
  const { task } = exampleTask({ reference });
  return exampleCertifiedReport(example, [{ task, observations: exampleObservations(example, task) }]);
};
const clock = { ...systemClock, sleep: (_ms: number, signal?: AbortSignal) => systemClock.sleep(1, signal) };

/** An archive in memory; its first `failures` calls to keep something fail. */
function memoryArchive(failures = 0) {
  const kept: string[] = [];
  let at = 0;
  let left = failures;
  const archive: ReportArchive = {
    position: async () => at,
    keep: async (_, sequence, report) => {
      if (left-- > 0) throw new Error('The database did not answer.');
      at = sequence;
      if (report === undefined) return 'none';
      if (kept.includes(report.task.reference)) return 'known';
      kept.push(report.task.reference);
      return 'kept';
    },
    close: async () => {},
  };
  return { archive, kept };
}

let bus: Bus;
let events: ArchiveEvent[];
const kinds = () => events.map(({ kind }) => kind);

beforeEach(() => {
  bus = new MemoryBroker().connect();
  events = [];
});

const publish = async (...references: readonly string[]) => {
  for (const report of references.map(reportOf))
    await bus.publish(subjects.report(report.task.taskId), encodeMessage(report));
};
const run = (archive: ReportArchive, more: Partial<Archiving> = {}, signal = new AbortController().signal) => {
  const tell = (event: ArchiveEvent) => void events.push(event);
  const rest = { of: { chainId, hub }, prove: async () => accepted(undefined), again: false, once: true };
  return archiveReports({ bus, clock, archive, tell, ...rest, ...more }, signal);
};

describe('archiveReports', () => {
  it('keeps each report once, in order, and goes on where it ended', async () => {
    const { archive, kept } = memoryArchive();
    const many = Array.from({ length: 80 }, (_, index) => `report-${index}`);
    await publish(...many);
    await run(archive);
    expect(kept).toEqual(many);
    await publish('later');
    await run(archive);
    expect(events).toHaveLength(81);
    await run(archive, { again: true });
    expect(kept).toEqual([...many, 'later']);
    expect(kinds().filter((kind) => kind === 'known')).toHaveLength(81);
  });

  it('keeps nothing that the chain does not prove, and nothing of another hub', async () => {
    const { archive, kept } = memoryArchive();
    await publish('good', 'forged');
    await bus.publish(subjects.report(`0x${'1'.repeat(64)}`), new TextEncoder().encode('{}'));
    const prove = async ({ task }: CertifiedReport) =>
      task.reference === 'forged' ? refused('not-proven', 'It is not there.') : accepted(undefined);
    await run(archive, { prove });
    expect(kept).toEqual(['good']);
    expect(kinds()).toEqual(['kept', 'refused', 'refused']);
    const elsewhere = memoryArchive();
    await run(elsewhere.archive, { of: { chainId: chainId + 1, hub } });
    expect(elsewhere.kept).toEqual([]);
  });

  it('loses nothing while database and chain fail', async () => {
    const { archive, kept } = memoryArchive(3);
    let chainFailures = 2;
    const prove = async () => {
      if (chainFailures-- > 0) throw new Error('The chain did not answer.');
      return accepted(undefined);
    };
    await publish('a', 'b', 'c', 'd');
    const stop = new AbortController();
    const tell = (event: ArchiveEvent) => {
      events.push(event);
      if (kept.length === 4) stop.abort();
    };
    await run(archive, { prove, once: false, tell }, stop.signal);
    expect(kept).toEqual(['a', 'b', 'c', 'd']);
    expect(kinds()).toContain('failed');
  });

  it('begins at the beginning of a stream that was made anew', async () => {
    const { archive, kept } = memoryArchive();
    await publish('a', 'b', 'c');
    await run(archive);
    bus = new MemoryBroker().connect();
    await publish('d');
    await run(archive);
    expect(kept).toEqual(['a', 'b', 'c', 'd']);
  });
});

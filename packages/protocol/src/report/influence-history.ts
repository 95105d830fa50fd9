/** Computes from the certified reports of one epoch who loses influence on scores in the next (see influence.ts). */
import type { Hex } from '../encoding/bytes.ts';
import { limits } from '../limits.ts';
import { unpackMeasurements } from '../observation/measurement.ts';
import { roles } from '../observation/role.ts';
import type { CertifiedReport } from './certified-report.ts';
import { type Clipping, clippedInfluence, type InfluenceTable, influenceMax } from './influence.ts';

/** How many of an operator's scores of a role were compared, and how many were far from the stated score. */
interface Standing {
  far: number;
  all: number;
}

/**
 * The table for the next epoch, from the certified reports of one: of each place on chain, the last
 * {@link limits.influenceReportsMax} count, so that it does not matter in which order they were read, or twice. The reports
 * must have been checked. `clipping` gives the distance and the least number of scores; its own table plays no part: an
 * operator that measures well again has its influence back an epoch later.
 */
export function influenceOf(
  reports: readonly CertifiedReport[],
  { farFrom, scoresMin }: Pick<Clipping, 'farFrom' | 'scoresMin'>,
): InfluenceTable {
  const standings = new Map<string, Standing>();
  for (const report of latestOf(reports)) {
    for (const { operator, role, measurements } of report.observations) {
      const measured = unpackMeasurements(measurements, report.results.length);
      if (!measured.ok) continue;
      const key = `${operator} ${role}`;
      const standing = standings.get(key) ?? { far: 0, all: 0 };
      standings.set(key, standing);
      for (const [index, { score }] of measured.value.entries()) {
        const stated = report.results[index]?.scores[role];
        if (stated === undefined) continue;
        standing.all++;
        if (Math.abs(score - stated) > farFrom) standing.far++;
      }
    }
  }
  return tableOf(standings, scoresMin);
}

/** Each report once, the latest by epoch, sequence and task. */
function latestOf(reports: readonly CertifiedReport[]): CertifiedReport[] {
  const byTask = new Map(reports.map((report) => [report.task.taskId, report]));
  const latestFirst = [...byTask.values()].sort(
    (a, b) => b.epoch - a.epoch || b.sequence - a.sequence || (a.task.taskId < b.task.taskId ? -1 : 1),
  );
  return latestFirst.slice(0, limits.influenceReportsMax);
}

function tableOf(standings: ReadonlyMap<string, Standing>, scoresMin: number): InfluenceTable {
  const operators = [...new Set([...standings.keys()].map((key) => key.split(' ')[0] as Hex))].sort();
  const table: InfluenceTable = {};
  for (const operator of operators) {
    for (const role of roles) {
      const { far, all } = standings.get(`${operator} ${role}`) ?? { far: 0, all: 0 };
      const left = all < scoresMin ? influenceMax : clippedInfluence(far, all);
      if (left < influenceMax) table[operator] = { ...table[operator], [role]: left };
    }
  }
  return table;
}

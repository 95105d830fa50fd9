/** The benchmark of session keys as lines for people. */

import { tableOf } from '@assay/cli/output/terminal';
import { PARTIES } from '@assay/session-keys/identity/identity';
import type { KeysBench } from './keys.ts';

/** One row for each method and party, then time over the bus and gas. */
export function keysLinesOf({ sessions, methods, gas }: KeysBench): string[] {
  const head = ['method', 'party', 'CPU ms mean', 'p50', 'messages', 'bytes', 'rounds'];
  const rows = methods.flatMap(({ method, parties, rounds }) =>
    PARTIES.map((party) => {
      const { cpuMsMean, cpuMsP50, messages, bytes } = parties[party];
      return [method, party, ...[cpuMsMean, cpuMsP50, messages, bytes, rounds].map(String)];
    }),
  );
  return [
    `Session keys, ${sessions} sessions by each method`,
    ...tableOf([head, ...rows], [2, 3, 4, 5, 6]),
    ...methods.map(
      ({ method, wall }) =>
        `${method} over NATS: p50 ${wall.msP50} ms, p99 ${wall.msP99} ms (${wall.sessions} sessions)`,
    ),
    `keystore gas: proposed ${gas.proposed}, established ${gas.established} (${gas.establishedFromProposed} after proposed), rekeyed ${gas.rekeyed}, closed ${gas.closed}`,
  ];
}

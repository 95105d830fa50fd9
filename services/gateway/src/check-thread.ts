/** The thread that finds which words decided, so that the gateway stays responsive. */
import { serveCalls } from '@assay/adapters/process/thread-calls';
import { groundsOn } from '@assay/checks/roles/role-checks';
import type { GroundsCall } from './gateway.ts';

serveCalls(
  {},
  { grounds: ({ asked, ...input }: GroundsCall) => asked.map(({ index, roles }) => groundsOn(input, index, roles)) },
);

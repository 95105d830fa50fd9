/** What needs a network of one operator and harms nothing in it: one network for all of it. */
import { afterAll, beforeAll, describe } from 'vitest';
import { postgresFolder } from '../integration/postgres-server.ts';
import { archiveTests } from './one-operator/archive-cases.ts';
import { auditTests } from './one-operator/audit-cases.ts';
import { documentedProgramsTests } from './one-operator/documented-programs-cases.ts';
import { explorerTests } from './one-operator/explorer-cases.ts';
import { longOutputsTests } from './one-operator/long-outputs-cases.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

let network: WatchedNetwork;
const networkOf = () => network;

beforeAll(async () => {
  network = await startWatchedNetwork({ operators: 1, aggregators: 1, explorer: true });
});

afterAll(() => network?.stop());

describe('the explorer', () => explorerTests(networkOf));
describe('documented programs', () => documentedProgramsTests(networkOf));
describe.runIf(process.env.TEST_SCOPE === 'whole' && postgresFolder !== undefined)(
  'the archive (nightly, where postgres is installed)',
  () => archiveTests(networkOf),
);
describe('outputs of 20,000 words', () => longOutputsTests(networkOf));
// Last: it breaks the audit log.
describe('the audit log', () => auditTests(networkOf));

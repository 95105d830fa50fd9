/**
 * A network whose services do not hold the operator's and transmitter's keys: both are at remote signers, and tasks are
 * certified.
 */
import { readFileSync } from 'node:fs';
import { fromHex, type Hex } from '@assay/protocol/encoding/bytes';
import { addressOf } from '@assay/protocol/signature/signature';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type HttpSigner, startHttpSigner } from '../integration/http-signer.ts';
import { certify, markedTask, publicRequest } from './trace-tasks.ts';
import { startWatchedNetwork, type WatchedNetwork } from './watched-network.ts';

let network: WatchedNetwork;
const signers: HttpSigner[] = [];

beforeAll(async () => {
  network = await startWatchedNetwork({
    operators: 1,
    aggregators: 1,
    replicasOf: (_, role) => (role === 'checksum' ? 1 : 0),
  });
});

afterAll(async () => {
  await network.stop();
  await Promise.all(signers.map((signer) => signer.stop()));
});

/** Replaces a service by one with a signer's URL instead of a key file. */
async function signsElsewhere(name: string, owner: 'OPERATOR' | 'TRANSMITTER'): Promise<HttpSigner> {
  const spec = network.specs.find((one) => one.name === name);
  const old = network.services.find((one) => one.name === name);
  if (spec === undefined || old === undefined) throw new Error(`The network has no process "${name}".`);
  const { [`${owner}_KEY_FILE`]: file = '', ...environment } = spec.environment;
  const key = fromHex(readFileSync(file, 'utf8').trim() as Hex);
  const signer = await startHttpSigner(key);
  signers.push(signer);
  const at = { [`${owner}_SIGNER_URL`]: signer.url, [`${owner}_ADDRESS`]: addressOf(key) };
  await old.stop();
  await network.start({ ...spec, name: `${name}-signer`, environment: { ...environment, ...at } });
  return signer;
}

it('an operator and a transmitter sign at remote signers, and the report is certified on chain', async () => {
  const operator = await signsElsewhere('operator-0-checksum-0', 'OPERATOR');
  const transmitter = await signsElsewhere('aggregator-0', 'TRANSMITTER');
  const { report } = await certify(network, { ...publicRequest(markedTask('signed')), policy: 'checksum-only' });
  expect(report.sequence).toBeGreaterThan(0);
  // An observation and a cosignature; a transaction.
  expect(operator.signed()).toBeGreaterThanOrEqual(2);
  expect(transmitter.signed()).toBeGreaterThanOrEqual(1);
});

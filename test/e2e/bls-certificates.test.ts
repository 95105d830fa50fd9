/** A network whose hub takes BLS certificates: real services cosign with BLS, and the hub checks what they made. */

import { connectEvmChain } from '@assay/adapters/evm/chain';
import { assayHubAbi } from '@assay/contracts/generated/assay-hub';
import { checkAnyCertificate } from '@assay/protocol/batch/certify';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { configDigest } from '@assay/protocol/network/validator-set';
import { createPublicClient, decodeFunctionData, http } from 'viem';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fixtureTasks, judgeOn } from './fixture-tasks.ts';
import { standardRoles } from './standard-roles.ts';
import { startWatchedNetwork, validatorOf, type WatchedNetwork } from './watched-network.ts';

const policy = 'standard';

describe('a network with BLS certificates', () => {
  let network: WatchedNetwork;

  beforeAll(async () => {
    network = await startWatchedNetwork({ certificates: 'bls' });
  });
  afterAll(() => network?.stop());

  /** Judges one task to the end, and gives the certificate of its batch as it was posted, with the weight behind it. */
  async function certificateOf(name: string) {
    const [task] = await fixtureTasks();
    if (task === undefined) throw new Error('There are fixtures.');
    const [judged] = await judgeOn(network, [{ ...task, task: `${name} ${task.task}` }], policy);
    expect(judged?.unproven).toBeUndefined();
    const report = judged?.report;
    if (report === undefined) throw new Error('There is no report.');
    const client = createPublicClient({ transport: http(network.rpcUrl) });
    const { input } = await client.getTransaction({ hash: report.transaction.hash as Hex });
    const { args } = decodeFunctionData({ abi: assayHubAbi, data: input });
    const certificate = (args as readonly unknown[])[4] as Hex;
    const chain = connectEvmChain({ rpcUrl: network.rpcUrl, ...network.contracts });
    const stated = await chain.network(report.epoch);
    const { epoch, sequence, root, count } = report;
    const fields = { configDigest: configDigest(stated), epoch, sequence, root, count };
    const checked = checkAnyCertificate(stated, fields, certificate);
    return { stated, signers: report.signers, bytes: (certificate.length - 2) / 2, checked };
  }

  it('posts one aggregate signature of the operators, with their keys from the registry', async () => {
    const { stated, signers, bytes, checked } = await certificateOf('all');
    expect(stated.certificates).toBe('bls');
    expect(stated.members.every(({ blsKey }) => blsKey?.length === 2 + 2 * 192)).toBe(true);
    expect(bytes).toBe(96 + stated.members.length - signers.length);
    expect(checked).toEqual({ ok: true, value: BigInt(signers.length) });
  });

  it('names an operator that is offline, and does without it', async () => {
    await Promise.all(standardRoles.map((role) => validatorOf(network, 3, role).stop()));
    const { stated, signers, bytes, checked } = await certificateOf('one away');
    expect(bytes).toBe(96 + 1);
    expect(signers).toEqual(
      stated.members.map(({ operator }) => operator).filter((one) => one !== network.operators[3]?.address),
    );
    expect(checked).toEqual({ ok: true, value: 3n });
  });
});

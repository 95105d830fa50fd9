/** The contracts of a network: how each is created, and where it then is. Every deployment uses this list. */
import { assayHubAbi, assayHubBytecode } from '@assay/contracts/generated/assay-hub';
import { blsKeyRegistryAbi, blsKeyRegistryBytecode } from '@assay/contracts/generated/bls-key-registry';
import { blsQuorumVerifierAbi, blsQuorumVerifierBytecode } from '@assay/contracts/generated/bls-quorum-verifier';
import { ecdsaQuorumVerifierAbi, ecdsaQuorumVerifierBytecode } from '@assay/contracts/generated/ecdsa-quorum-verifier';
import { sessionKeystoreAbi, sessionKeystoreBytecode } from '@assay/contracts/generated/session-keystore';
import { slashingAbi, slashingBytecode } from '@assay/contracts/generated/slashing';
import { stakeTokenAbi, stakeTokenBytecode } from '@assay/contracts/generated/stake-token';
import { validatorRegistryAbi, validatorRegistryBytecode } from '@assay/contracts/generated/validator-registry';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { CertificateScheme } from '@assay/protocol/network/validator-set';
import { encodeDeployData, getContractAddress } from 'viem';

const graceSecondsDefault = 3_600;
const epochSecondsDefault = 24 * 3_600;
const unbondingSecondsDefault = 14 * 24 * 3_600;
const disputeSecondsDefault = 24 * 3_600;
const stakeTokenSupply = 10n ** 27n;
/** A tenth of the stake, of which the reporter gets three tenths. */
const slashedShareDefault = 1_000;
const reporterShareDefault = 3_000;
const deployGas = { base: 600_000n, eachByte: 240n } as const;

/** What is fixed when the contracts are deployed. */
export interface ContractSettings {
  readonly policiesDigest: Hex;
  /** The kind of certificate; BLS needs a chain with EIP-2537 (Prague). */
  readonly certificates?: CertificateScheme;
  /** How long the hub accepts an epoch's certificates after the next epoch has begun. */
  readonly graceSeconds?: number;
  /** How long an epoch lasts at least; not less than the grace period. */
  readonly epochSeconds?: number;
}

/** Where the contracts are; addresses in lower case. */
export interface Deployed {
  readonly chainId: number;
  readonly hub: Hex;
  readonly registry: Hex;
  readonly verifier: Hex;
  readonly keystore: Hex;
  readonly stakeToken: Hex;
  readonly blsKeys: Hex;
  readonly slashing: Hex;
}

/** The creation of one contract. */
export interface Creation {
  readonly name: string;
  readonly address: Hex;
  readonly nonce: number;
  readonly data: Hex;
  /** Enough on chains whose gas has no part for another chain's data. */
  readonly gas: bigint;
}

/** The contracts that an account creates with consecutive nonces. It becomes their first admin. */
export function contractCreations(
  settings: ContractSettings,
  chainId: number,
  owner: Hex,
  firstNonce: number,
): { readonly deployed: Deployed; readonly creations: readonly Creation[] } {
  const deployed = addressesFrom(chainId, owner, firstNonce);
  const { stakeToken, blsKeys, registry, verifier, hub, slashing, keystore } = deployed;
  const creations: readonly (readonly [name: string, address: Hex, data: Hex])[] = [
    [
      'StakeToken',
      stakeToken,
      encodeDeployData({ abi: stakeTokenAbi, bytecode: stakeTokenBytecode, args: [owner, stakeTokenSupply] }),
    ],
    ['BlsKeyRegistry', blsKeys, encodeDeployData({ abi: blsKeyRegistryAbi, bytecode: blsKeyRegistryBytecode })],
    ['ValidatorRegistry', registry, registryData(settings, deployed, owner)],
    ['the verifier', verifier, verifierData(settings)],
    ['AssayHub', hub, encodeDeployData({ abi: assayHubAbi, bytecode: assayHubBytecode, args: [registry, verifier] })],
    ['Slashing', slashing, slashingData(deployed, owner)],
    ['SessionKeystore', keystore, encodeDeployData({ abi: sessionKeystoreAbi, bytecode: sessionKeystoreBytecode })],
  ];
  return {
    deployed,
    creations: creations.map(([name, address, data], index) => ({
      name,
      address,
      nonce: firstNonce + index,
      data,
      gas: creationGas(data),
    })),
  };
}

/** Gas that is enough to create a contract with this data, on chains whose gas has no part for another chain's data. */
export function creationGas(data: Hex): bigint {
  return deployGas.base + deployGas.eachByte * BigInt(data.length / 2);
}

/** Every contract's address follows from the deployer and its index among the creations. */
function addressesFrom(chainId: number, owner: Hex, nonce: number): Deployed {
  const at = (offset: number) =>
    getContractAddress({ from: owner, nonce: BigInt(nonce + offset) }).toLowerCase() as Hex;
  return {
    chainId,
    stakeToken: at(0),
    blsKeys: at(1),
    registry: at(2),
    verifier: at(3),
    hub: at(4),
    slashing: at(5),
    keystore: at(6),
  };
}

function verifierData({ certificates }: ContractSettings): Hex {
  return certificates === 'bls'
    ? encodeDeployData({ abi: blsQuorumVerifierAbi, bytecode: blsQuorumVerifierBytecode })
    : encodeDeployData({ abi: ecdsaQuorumVerifierAbi, bytecode: ecdsaQuorumVerifierBytecode });
}

function registryData(
  { graceSeconds = graceSecondsDefault, epochSeconds, policiesDigest }: ContractSettings,
  { stakeToken, slashing, hub, blsKeys }: Deployed,
  owner: Hex,
): Hex {
  const settings = {
    stakeToken,
    minimumStake: 1n,
    epochSeconds: epochSeconds ?? Math.max(epochSecondsDefault, graceSeconds),
    graceSeconds,
    unbondingSeconds: unbondingSecondsDefault,
    slasher: slashing,
    hub,
    blsKeys,
  };
  return encodeDeployData({
    abi: validatorRegistryAbi,
    bytecode: validatorRegistryBytecode,
    args: [owner, settings, policiesDigest],
  });
}

function slashingData({ hub, registry }: Deployed, owner: Hex): Hex {
  const settings = {
    slashedShare: slashedShareDefault,
    reporterShare: reporterShareDefault,
    disputeSeconds: disputeSecondsDefault,
    arbiter: owner,
    treasury: owner,
  };
  return encodeDeployData({ abi: slashingAbi, bytecode: slashingBytecode, args: [hub, registry, settings] });
}

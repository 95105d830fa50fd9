/** The transactions that deploy a network's contracts and change its operators, epochs and policies. */
import { blsKeyRegistryAbi } from '@assay/contracts/generated/bls-key-registry';
import { sessionKeystoreAbi } from '@assay/contracts/generated/session-keystore';
import { stakeTokenAbi } from '@assay/contracts/generated/stake-token';
import { validatorRegistryAbi } from '@assay/contracts/generated/validator-registry';
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { Keyring } from '@assay/protocol/ports';
import { blsPublicKey } from '@assay/protocol/signature/bls';
import type { ToSign } from '@assay/protocol/signature/eip712';
import { joinToSign } from '@assay/protocol/signature/operator-consent';
import { encodeFunctionData, type PublicClient } from 'viem';
import { operatorBlsKey } from '../keys/operator-secret.ts';
import { registerBlsKeyCall } from './bls-key-call.ts';
import { asked, evmClient } from './client.ts';
import { type ContractSettings, contractCreations, type Deployed } from './contract-creations.ts';
import type { PaidStep } from './paid-steps.ts';

const callGas = 500_000n;
const epochGas = 2_000_000n;

const registryAbi = { abi: validatorRegistryAbi } as const;

/** An operator's standing in the registry. */
export interface OperatorStanding {
  /** Who staked for it; undefined: nobody. */
  readonly owner: Hex | undefined;
  readonly stake: bigint;
  /** It has a seat, or challenges for one. */
  readonly isSeated: boolean;
  readonly isListed: boolean;
}

/** The registry's account of a network as it is now. */
export interface RegistryState {
  /** 0 before the first. */
  readonly currentEpoch: number;
  readonly nextPoliciesDigest: Hex;
  /** Of the running epoch; undefined before the first. */
  readonly policiesDigest: Hex | undefined;
}

/** The creations as steps of the account that owns the network. */
export function deploymentSteps(
  rpcUrl: string,
  account: Keyring,
  settings: ContractSettings,
  { chainId, firstNonce }: { readonly chainId: number; readonly firstNonce: number },
): { readonly deployed: Deployed; readonly steps: readonly PaidStep[] } {
  const client = evmClient(rpcUrl);
  const { deployed, creations } = contractCreations(settings, chainId, account.address, firstNonce);
  const steps = creations.map(
    ({ name, address, nonce, data, gas }): PaidStep => ({
      what: `Deploying ${name}`,
      account,
      data,
      nonce,
      gas,
      isDone: async () => (await asked('code', () => client.getCode({ address }))) !== undefined,
    }),
  );
  return { deployed, steps };
}

/** The id of the chain. */
export function chainIdOf(rpcUrl: string): Promise<number> {
  return asked('its id', () => evmClient(rpcUrl).getChainId());
}

/**
 * The nonce that a deployment begins with: the account's next, or that of a deployment which was begun. One of which
 * nothing came is forgotten once the account has used its nonce for something else.
 */
export async function firstNonceOf(
  rpcUrl: string,
  account: Hex,
  begun: { readonly firstNonce: number; readonly firstContract: Hex } | undefined,
): Promise<number> {
  const client = evmClient(rpcUrl);
  const [latest, pending, code] = await asked('the account', () =>
    Promise.all([
      client.getTransactionCount({ address: account, blockTag: 'latest' }),
      client.getTransactionCount({ address: account, blockTag: 'pending' }),
      begun === undefined ? undefined : client.getCode({ address: begun.firstContract }),
    ]),
  );
  if (begun === undefined) return pending;
  return code !== undefined || latest <= begun.firstNonce ? begun.firstNonce : pending;
}

const missing = (wanted: bigint, present: bigint) => (wanted > present ? wanted - present : 0n);

/** Reads and changes a network's registry from one account. */
export class NetworkSteps {
  readonly #client: PublicClient;
  readonly #account: Keyring;
  readonly #contracts: Deployed;

  constructor(rpcUrl: string, account: Keyring, contracts: Deployed) {
    this.#client = evmClient(rpcUrl);
    this.#account = account;
    this.#contracts = contracts;
  }

  async state(): Promise<RegistryState> {
    const registry = this.#registry();
    return asked('the registry', async () => {
      const [epoch, nextPoliciesDigest] = await Promise.all([
        this.#client.readContract({ ...registry, functionName: 'currentEpoch' }),
        this.#client.readContract({ ...registry, functionName: 'nextPoliciesDigest' }),
      ]);
      const policiesDigest =
        epoch === 0n
          ? undefined
          : await this.#client.readContract({ ...registry, functionName: 'policiesDigest', args: [epoch] });
      return { currentEpoch: Number(epoch), nextPoliciesDigest, policiesDigest };
    });
  }

  async standingOf(operator: Hex): Promise<OperatorStanding> {
    const registry = this.#registry();
    return asked(`operator ${operator}`, async () => {
      const [record, isListed] = await Promise.all([
        this.#client.readContract({ ...registry, functionName: 'operatorOf', args: [operator] }),
        this.#client.readContract({ ...registry, functionName: 'listed', args: [operator] }),
      ]);
      const isNobody = (address: Hex) => /^0x0{40}$/.test(address);
      const owner = isNobody(record.owner) ? undefined : (record.owner.toLowerCase() as Hex);
      return { owner, stake: record.stake, isSeated: record.seat > 0 || !isNobody(record.rival), isListed };
    });
  }

  /** What an operator signs so that this account may stake for it. */
  async wishOf(operator: Hex): Promise<ToSign> {
    const { registry, chainId } = this.#contracts;
    const joins = await asked(`operator ${operator}`, () =>
      this.#client.readContract({ ...this.#registry(), functionName: 'joinsOf', args: [operator] }),
    );
    return joinToSign({ chainId, contract: registry }, operator, this.#account.address, Number(joins));
  }

  /**
   * Lists an operator and gives it a seat with at least this stake. `consent` is its signature of {@link wishOf}; one that
   * this account has staked for before needs none.
   */
  async join(operator: Hex, stake: bigint, consent: Hex): Promise<PaidStep[]> {
    const standing = await this.standingOf(operator);
    const isBack = standing.owner !== undefined;
    const amount = isBack ? missing(stake, standing.stake) : stake;
    const isSeated = async () => (await this.standingOf(operator)).isSeated;
    const data = isBack
      ? encodeFunctionData({ ...registryAbi, functionName: 'rejoin', args: [operator, amount] })
      : encodeFunctionData({ ...registryAbi, functionName: 'join', args: [operator, amount, consent] });
    return [
      this.#list(operator, true),
      this.#approve(`for ${operator}`, amount, isSeated),
      { ...this.#call(`Staking ${amount} for ${operator}`, this.#contracts.registry, data), isDone: isSeated },
    ];
  }

  /** Registers the BLS key that an operator's validators cosign with. It counts from the next epoch. */
  async registerBlsKey(operator: Keyring): Promise<PaidStep> {
    const { blsKeys, chainId } = this.#contracts;
    const secret = await operatorBlsKey(operator);
    const registered = () =>
      asked(`the BLS key of ${operator.address}`, () =>
        this.#client.readContract({
          abi: blsKeyRegistryAbi,
          address: blsKeys,
          functionName: 'keyOf',
          args: [operator.address],
        }),
      );
    const [, before] = await registered();
    const data = await registerBlsKeyCall({ chainId, contract: blsKeys }, operator, secret, Number(before) + 1);
    return {
      ...this.#call(`Registering the BLS key of ${operator.address}`, blsKeys, data),
      isDone: async () => (await registered())[0] === blsPublicKey(secret),
    };
  }

  /** Raises an operator's stake to `total`. */
  async raise(operator: Hex, total: bigint): Promise<PaidStep[]> {
    const { stake } = await this.standingOf(operator);
    const amount = missing(total, stake);
    const isRaised = async () => (await this.standingOf(operator)).stake >= total;
    const data = encodeFunctionData({ ...registryAbi, functionName: 'addStake', args: [operator, amount] });
    return [
      this.#approve(`for ${operator}`, amount, isRaised),
      {
        ...this.#call(`Raising the stake of ${operator} to ${total}`, this.#contracts.registry, data),
        isDone: isRaised,
      },
    ];
  }

  /** Gives up an operator's seat, and takes it off the list. */
  leave(operator: Hex): PaidStep[] {
    const data = encodeFunctionData({ ...registryAbi, functionName: 'resign', args: [operator] });
    return [
      {
        ...this.#call(`Giving up the seat of ${operator}`, this.#contracts.registry, data),
        isDone: async () => !(await this.standingOf(operator)).isSeated,
      },
      this.#list(operator, false),
    ];
  }

  /** Announces the policies of the next epoch. */
  announce(policiesDigest: Hex): PaidStep[] {
    const data = encodeFunctionData({ ...registryAbi, functionName: 'announcePolicies', args: [policiesDigest] });
    return [
      {
        ...this.#call(`Announcing the policies ${policiesDigest}`, this.#contracts.registry, data),
        isDone: async () => (await this.state()).nextPoliciesDigest === policiesDigest,
      },
    ];
  }

  /** Starts the epoch of a number, the next one. */
  startEpoch(epoch: number): PaidStep[] {
    const data = encodeFunctionData({ ...registryAbi, functionName: 'startEpoch' });
    return [
      {
        ...this.#call(`Starting epoch ${epoch}`, this.#contracts.registry, data, epochGas),
        isDone: async () => (await this.state()).currentEpoch >= epoch,
      },
    ];
  }

  /** Publishes the agreement key of this account, the key participant's. */
  publishAgreementKey(agreementKey: Hex): PaidStep[] {
    const { keystore } = this.#contracts;
    const abi = sessionKeystoreAbi;
    const data = encodeFunctionData({ abi, functionName: 'setAgreementKey', args: [agreementKey] });
    return [
      {
        ...this.#call('Publishing the agreement key', keystore, data),
        isDone: async () => {
          // A plan is looked at before the contract is there.
          if ((await asked('code', () => this.#client.getCode({ address: keystore }))) === undefined) return false;
          const args = [this.#account.address] as const;
          const contract = { abi, address: keystore, functionName: 'agreementKeyOf', args } as const;
          const [published] = await asked('the agreement key', () => this.#client.readContract(contract));
          return published === agreementKey;
        },
      },
    ];
  }

  #list(operator: Hex, isListed: boolean): PaidStep {
    const data = encodeFunctionData({ ...registryAbi, functionName: 'list', args: [[operator], isListed] });
    return {
      ...this.#call(
        isListed ? `Listing ${operator}` : `Taking ${operator} off the list`,
        this.#contracts.registry,
        data,
      ),
      isDone: async () => (await this.standingOf(operator)).isListed === isListed,
    };
  }

  #approve(why: string, amount: bigint, isOver: () => Promise<boolean>): PaidStep {
    const { stakeToken, registry } = this.#contracts;
    const token = { abi: stakeTokenAbi, address: stakeToken } as const;
    const data = encodeFunctionData({ abi: stakeTokenAbi, functionName: 'approve', args: [registry, amount] });
    return {
      ...this.#call(`Approving ${amount} ${why}`, stakeToken, data),
      isDone: async () =>
        (await isOver()) ||
        (await asked('the allowance', () =>
          this.#client.readContract({ ...token, functionName: 'allowance', args: [this.#account.address, registry] }),
        )) >= amount,
    };
  }

  #call(what: string, to: Hex, data: PaidStep['data'], gas = callGas): Omit<PaidStep, 'isDone'> {
    return { what, account: this.#account, to, data, gas };
  }

  #registry() {
    return { ...registryAbi, address: this.#contracts.registry } as const;
  }
}

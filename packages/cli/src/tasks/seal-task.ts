/** Acts as the User and the Miners of a sealed task: opens one session for each miner, seals prompt and outputs. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import type { TaskRequestInput } from '@assay/protocol/task/task';
import type { ChainReader } from '@assay/sdk/chain-reader';
import type { GatewayClient } from '@assay/sdk/gateway-client';
import { newSessionId, openSession, type Session } from '@assay/sdk/session';
import { makeIdentity, registerIdentity } from '@assay/sdk/session-identity';
import { METHODS } from '@assay/session-keys/agreement/transcript';
import { type Identity, type IdentitySecret, identityOf } from '@assay/session-keys/identity/identity';
import { parametersOf, promisesOf } from './public-request.ts';
import type { LabelledTask } from './task-file.ts';

/** The policy that sealed tasks are judged by. */
export const sealedPolicy = 'sealed';

/** An account of the chain with its agreement key in the keystore. */
export interface SessionAccount {
  readonly secret: IdentitySecret;
}

/** Registers a new agreement key for a funded account. */
export async function registerSessionAccount(chain: ChainReader, privateKey: Hex): Promise<SessionAccount> {
  const secret = makeIdentity(privateKey);
  await registerIdentity(chain, privateKey, secret);
  return { secret };
}

export interface SealOptions {
  readonly gateway: GatewayClient;
  readonly oracle: Identity & { readonly party: 'oracle' };
  readonly user: SessionAccount;
  /** At least as many as the task has submissions. */
  readonly miners: readonly SessionAccount[];
}

/** The sealed request of a task: each output under its miner's session, the prompt under the first one's. */
export async function sealTask(task: LabelledTask, options: SealOptions): Promise<TaskRequestInput> {
  const sessions = await Promise.all(task.submissions.map((_, index) => openSessionWith(options, index)));
  const first = sessions[0];
  if (first === undefined) throw new Error(`The task "${task.task}" has no submission.`);
  return {
    reference: task.task,
    policy: sealedPolicy,
    parameters: parametersOf(task),
    prompt: first.seal('prompt', task.task, task.prompt),
    submissions: task.submissions.map(({ miner, output, ...rest }, index) => {
      const session = sessions[index];
      if (session === undefined) throw new Error(`Submission ${index} has no session.`);
      return {
        miner,
        output: session.seal('output', task.task, output),
        ...promisesOf(rest),
      };
    }),
  };
}

/**
 * User and Miner each run their own side; both must derive the same key, or the agreement fails. The methods alternate.
 */
async function openSessionWith(options: SealOptions, index: number): Promise<Session> {
  const miner = options.miners[index];
  if (miner === undefined) throw new Error(`There is no account for miner ${index}.`);
  const identities = {
    user: identityOf('user', options.user.secret),
    miner: identityOf('miner', miner.secret),
    oracle: options.oracle,
  };
  const method = METHODS[index % METHODS.length] ?? METHODS[0];
  const shared = { gateway: options.gateway, sessionId: newSessionId(), method, identities } as const;
  const [session] = await Promise.all([
    openSession({ ...shared, party: 'user', secret: options.user.secret }),
    openSession({ ...shared, party: 'miner', secret: miner.secret }),
  ]);
  return session;
}

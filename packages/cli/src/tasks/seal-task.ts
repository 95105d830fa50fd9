/** Plays the User and the Miners of a sealed task: opens one session for each miner, seals prompt and outputs. */
import { randomBytes } from 'node:crypto';
import { fromHex, type Hex, toHex } from '@assay/protocol/bytes';
import type { TaskRequestInput } from '@assay/protocol/task';
import type { ChainReader } from '@assay/sdk/chain-reader';
import type { GatewayClient } from '@assay/sdk/gateway-client';
import { openSession, sealText } from '@assay/sdk/session';
import type { EstablishedSession } from '@assay/session-keys/agreement';
import { type Identity, type IdentitySecret, identityOf } from '@assay/session-keys/identity';
import type { LabelledTask } from './task-file.ts';

/** An account of the chain with its agreement key in the keystore. */
export interface SessionAccount {
  readonly secret: IdentitySecret;
}

/** Registers a fresh agreement key for an account that has funds. */
export async function registerSessionAccount(chain: ChainReader, privateKey: Hex): Promise<SessionAccount> {
  const secret = { signingKey: fromHex(privateKey), agreementSecret: randomBytes(32) };
  await chain.registerAgreementKey(privateKey, identityOf('user', secret).agreementKey);
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
    policy: 'sealed',
    ...(task.model === undefined ? {} : { parameters: { model: task.model } }),
    prompt: sealText(first, 'prompt', task.task, task.prompt),
    submissions: task.submissions.map(({ miner, output, commitment }, index) => {
      const session = sessions[index];
      if (session === undefined) throw new Error(`Submission ${index} has no session.`);
      return {
        miner,
        output: sealText(session, 'output', task.task, output),
        ...(commitment === undefined ? {} : { commitment }),
      };
    }),
  };
}

/** User and Miner each run their own side; both must end with the same key, or the agreement fails. */
async function openSessionWith(options: SealOptions, index: number): Promise<EstablishedSession> {
  const miner = options.miners[index];
  if (miner === undefined) throw new Error(`There is no account for miner ${index}.`);
  const sessionId = toHex(randomBytes(32));
  const identities = {
    user: identityOf('user', options.user.secret),
    miner: identityOf('miner', miner.secret),
    oracle: options.oracle,
  };
  const shared = { gateway: options.gateway, sessionId, coordinator: 'user', identities } as const;
  const [session] = await Promise.all([
    openSession({ ...shared, party: 'user', secret: options.user.secret }),
    openSession({ ...shared, party: 'miner', secret: miner.secret }),
  ]);
  return session;
}

/** Where a policy wants it, a validator pledges what it observed before it shows it. */

import { subjects } from '@assay/protocol/bus/subjects';
import { concatBytes, fromHex, type Hex, keccak256, toHex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import type { Network } from '@assay/protocol/network/validator-set';
import { pledgeSigned, pledgeTo, pledgeUntilMs, sealingToSign } from '@assay/protocol/observation/commit-reveal';
import { type Measurement, packMeasurements, unpackMeasurements } from '@assay/protocol/observation/measurement';
import { unsignedObservation } from '@assay/protocol/observation/observation';
import type { Role } from '@assay/protocol/observation/role';
import type { Keyring } from '@assay/protocol/ports';
import { accepted, type Checked } from '@assay/protocol/refusal';
import type { KnownTask } from '@assay/protocol/task/known-task';
import { unwrapState, wrapState } from '@assay/session-keys/agreement/wrap-state';
import { accept, ignore, type Outcome } from '../loop/outcome.ts';
import { findPledge } from './pledges.ts';
import type { ValidatorContext } from './validator-context.ts';

const saltBytes = 32;

/**
 * Pledges an observation; any replica of this operator can open it later (see `reveal.ts`), since salt and measurements
 * lie in the message, encrypted under a key that only the holder of the operator's key can make. `measure` is asked only
 * when the operator has not pledged yet, and can still do so in time.
 */
export async function pledge(
  context: ValidatorContext,
  known: KnownTask,
  measure: () => Promise<readonly Measurement[]>,
): Promise<Outcome> {
  const { view, keyring, role, bus, telemetry, clock } = context;
  const { task, policy } = known;
  const subject = subjects.pledge(task.taskId, role, keyring.address);
  if ((await findPledge(context, task.taskId, role, keyring.address)) !== undefined) return ignore('pledged-already');
  const lastSequence = (await bus.last('PLEDGES', subject))?.sequence ?? 0;
  const measurements = await measure();
  if (clock.nowMs() > (pledgeUntilMs(known) ?? 0)) return ignore('too-late-to-pledge');
  const salt = toHex(context.random(saltBytes));
  const unsigned = unsignedObservation(view.network, policy, task, role, keyring.address, measurements);
  const body = {
    taskId: task.taskId,
    role,
    operator: keyring.address,
    epoch: view.network.epoch,
    pledge: pledgeTo(view.network, unsigned, salt),
  };
  const key = await sealingKey(keyring, view.network, task.taskId, role);
  const plain = concatBytes(fromHex(salt), fromHex(packMeasurements(measurements)));
  const sealed = toHex(wrapState(key, subject, plain, context.random));
  const { digest, preimage } = pledgeSigned(view.network, body);
  const signature = await keyring.sign(digest, preimage);
  const published = await bus.publish(subject, encodeMessage({ ...body, sealed, signature }), {
    messageId: `pledge-${signature}`,
    headers: telemetry.carrier(),
    expectLastSubjectSequence: lastSequence,
  });
  if (published.status === 'stored') return accept('pledged');
  if (published.status === 'duplicate') return ignore('pledged-already');
  if ((await findPledge(context, task.taskId, role, keyring.address)) !== undefined) return ignore('pledged-already');
  throw new Error('Something else was written to the subject of this pledge in the meantime.');
}

/** Salt and measurements of a pledge of this operator. Refused when they are not what it sealed. */
export async function openPledge(
  { keyring, view, role }: ValidatorContext,
  taskId: Hex,
  sealed: Hex,
  submissions: number,
): Promise<Checked<{ readonly salt: Hex; readonly measurements: readonly Measurement[] }>> {
  const key = await sealingKey(keyring, view.network, taskId, role);
  const opened = unwrapState(key, subjects.pledge(taskId, role, keyring.address), fromHex(sealed));
  if (!opened.ok) return opened;
  const measurements = unpackMeasurements(toHex(opened.value.subarray(saltBytes)), submissions);
  if (!measurements.ok) return measurements;
  return accepted({ salt: toHex(opened.value.subarray(0, saltBytes)), measurements: measurements.value });
}

/** Signatures are deterministic (RFC 6979), so every replica derives the same key. */
async function sealingKey(keyring: Keyring, network: Network, taskId: Hex, role: Role): Promise<Uint8Array> {
  const { digest, preimage } = sealingToSign(network, taskId, role);
  return fromHex(keccak256(fromHex(await keyring.sign(digest, preimage))));
}

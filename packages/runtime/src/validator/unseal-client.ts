/**
 * A validator's access to sealed content: requests content keys from the key participant and opens the contents with
 * them.
 */

import { subjects } from '@assay/protocol/bus/subjects';
import { type Hex, toHex } from '@assay/protocol/encoding/bytes';
import { checkShape } from '@assay/protocol/encoding/decode';
import { configDigest, type Network } from '@assay/protocol/network/validator-set';
import type { Role } from '@assay/protocol/observation/role';
import type { Bus, Keyring, Telemetry } from '@assay/protocol/ports';
import { tuning } from '@assay/protocol/tuning';
import { agreementKeyOf } from '@assay/session-keys/agreement/agreement-key';
import { decodeGrant, type GrantEntry, openGrant } from '@assay/session-keys/grants/grant';
import {
  encodeUnsealRequest,
  type UnsealRequest,
  unsealRequestBytes,
  unsealRequestDigest,
} from '@assay/session-keys/grants/unseal-request';
import type { Random } from '@assay/session-keys/identity/encoding';
import { openContent } from '@assay/session-keys/sealing/seal';
import { z } from 'zod';
import { messagingAttributes } from '../service/message-attributes.ts';
import { attributes, spans } from '../service/telemetry-names.ts';
import type { Unseal, Unsealed } from './content-loader.ts';

const agreementSecretBytes = 32;
const errorSchema = z.object({ error: z.object({ code: z.string().max(64), detail: z.string().max(1024) }) });

export interface UnsealClient {
  readonly bus: Bus;
  readonly keyring: Keyring;
  readonly telemetry: Telemetry;
  readonly network: Network;
  readonly role: Role;
  readonly random: Random;
  /** The oracle's agreement key from the keystore on chain. */
  oracleAgreementKey(): Promise<Hex>;
}

/**
 * An {@link Unseal} over the bus. Only content that its granted key does not open is `seal-invalid`. Rejects if no
 * participant responds, or if it refuses the whole request.
 */
export function unsealOverBus(client: UnsealClient): Unseal {
  return (known, sealed) =>
    client.telemetry.span(
      spans.unseal,
      {
        kind: 'client',
        attributes: {
          ...messagingAttributes('request', subjects.unseal),
          [attributes.taskId]: known.task.taskId,
          [attributes.role]: client.role,
          [attributes.operator]: client.keyring.address,
        },
      },
      async () => {
        const ephemeralSecret = client.random(agreementSecretBytes);
        const request = await signedRequest(client, known.task.taskId, [...sealed.keys()], ephemeralSecret);
        const answer = await client.bus.request(subjects.unseal, encodeUnsealRequest(request), {
          timeoutMs: tuning.unsealTimeoutMs,
          headers: client.telemetry.carrier(),
        });
        const grant = decodeGrant(answer);
        if (!grant.ok) throw new Error(`The key participant refused: ${refusalIn(answer) ?? grant.refusal.detail}`);
        const opened = await openGrant(request, ephemeralSecret, await client.oracleAgreementKey(), grant.value);
        if (!opened.ok) throw new Error(`The grant cannot be used: ${opened.refusal.code}: ${opened.refusal.detail}`);
        return new Map(opened.value.map((entry) => [entry.cid, unsealed(entry, known.task.reference, sealed)]));
      },
    );
}

function unsealed(entry: GrantEntry, reference: string, sealed: ReadonlyMap<string, Uint8Array>): Unsealed {
  const { cid } = entry;
  const blob = sealed.get(cid);
  if (entry.status !== 'key' || blob === undefined) {
    const reason = entry.status === 'unavailable' ? entry.why : 'it is not sealed';
    return { problem: 'key-unavailable', why: `No key for ${cid}: ${reason}.` };
  }
  const opened = openContent(entry.contentKey, reference, blob);
  return opened.ok
    ? { bytes: opened.value }
    : { problem: 'seal-invalid', why: `${cid} does not open: ${opened.refusal.code}.` };
}

async function signedRequest(
  { keyring, network, role }: UnsealClient,
  taskId: Hex,
  contentIds: readonly string[],
  ephemeralSecret: Uint8Array,
): Promise<UnsealRequest> {
  const unsigned = {
    version: 1 as const,
    configDigest: configDigest(network),
    taskId,
    role,
    contentIds: [...contentIds],
    operator: keyring.address,
    ephemeralKey: agreementKeyOf(ephemeralSecret),
  };
  const preimage = toHex(unsealRequestBytes(unsigned));
  return { ...unsigned, signature: await keyring.sign(unsealRequestDigest(unsigned), preimage) };
}

function refusalIn(answer: Uint8Array): string | undefined {
  try {
    const parsed = checkShape(errorSchema, JSON.parse(new TextDecoder().decode(answer)));
    return parsed.ok ? `${parsed.value.error.code}: ${parsed.value.error.detail}` : undefined;
  } catch {
    return undefined;
  }
}

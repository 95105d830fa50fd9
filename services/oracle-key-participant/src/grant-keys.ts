/** Grants content keys to validators of the task's committee, and writes each grant and each refusal to the audit stream. */

import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { encodeMessage } from '@assay/protocol/encoding/decode';
import { configDigest, weightOf } from '@assay/protocol/network/validator-set';
import type { ContentStore, Headers, Span } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { contentPlaceOf } from '@assay/protocol/task/content-place';
import type { Task } from '@assay/protocol/task/task';
import { traceOf } from '@assay/runtime/audit/request-notes';
import { messagingAttributes } from '@assay/runtime/service/message-attributes';
import { attributes, metrics, spans } from '@assay/runtime/service/telemetry-names';
import { readContent } from '@assay/runtime/validator/content-loader';
import { keyOfEpoch } from '@assay/session-keys/agreement/agreement';
import { establishedSession } from '@assay/session-keys/agreement/agreement-state';
import { encodeGrant, type GrantEntry, type KeyAbsence, wrapGrant } from '@assay/session-keys/grants/grant';
import { checkUnsealRequest, decodeUnsealRequest, type UnsealRequest } from '@assay/session-keys/grants/unseal-request';
import { contentKey } from '@assay/session-keys/sealing/content-key';
import { readSealedHeader, type SealedHeader } from '@assay/session-keys/sealing/sealed-header';
import { isClosed } from './closing.ts';
import type { Participant, ParticipantEpoch } from './participant.ts';
import { countGrants } from './rekey.ts';
import type { HeldRecord } from './session-store.ts';

/** Answers one request for content keys: a grant, or `{ error: { code, detail } }`. */
export async function answerUnseal(
  participant: Participant,
  store: ContentStore,
  data: Uint8Array,
  headers: Headers,
): Promise<Uint8Array> {
  const options = {
    kind: 'server',
    parent: headers,
    attributes: messagingAttributes('process', subjects.unseal),
  } as const;
  return participant.telemetry.span(spans.grant, options, async (span) => {
    const granted = await grantKeys(participant, store, data, span);
    const code = granted.ok ? 'granted' : granted.refusal.code;
    span.setAttribute(attributes.outcome, code);
    participant.telemetry.count(metrics.grants, { outcome: code });
    participant.telemetry.log.debug('unseal request answered', { outcome: code });
    if (granted.ok) return granted.value;
    span.fail(code);
    participant.telemetry.log.warn('unseal refused', { code, detail: granted.refusal.detail });
    return encodeMessage({ error: granted.refusal });
  });
}

async function grantKeys(
  participant: Participant,
  store: ContentStore,
  data: Uint8Array,
  span: Span,
): Promise<Checked<Uint8Array>> {
  const decoded = decodeUnsealRequest(data);
  if (!decoded.ok) return decoded;
  const request = decoded.value;
  span.setAttribute(attributes.taskId, request.taskId);
  span.setAttribute(attributes.role, request.role);
  span.setAttribute(attributes.operator, request.operator);
  const epoch = epochOf(participant, request);
  const signed = checkUnsealRequest(request, configDigest(epoch.network));
  if (!signed.ok) return signed;
  const granted = await grantSigned(participant, epoch, store, request);
  if (!granted.ok) await auditRefusal(participant, request, granted.refusal.code);
  return granted;
}

/** The latest epoch that the request is bound to and its operator is a member of; else the latest of all. */
function epochOf(participant: Participant, { configDigest: bound, operator }: UnsealRequest): ParticipantEpoch {
  const epochs = participant.epochs();
  const fits = epochs.findLast(
    ({ network }) => configDigest(network) === bound && weightOf(network, operator) !== undefined,
  );
  const epoch = fits ?? epochs.at(-1);
  if (epoch === undefined) throw new Error('The policies of the running epochs are missing. Check POLICIES_FILE.');
  return epoch;
}

/** Decides on a request that its operator has signed. */
async function grantSigned(
  participant: Participant,
  { network, tasks }: ParticipantEpoch,
  store: ContentStore,
  request: UnsealRequest,
): Promise<Checked<Uint8Array>> {
  if (weightOf(network, request.operator) === undefined) {
    return refused(
      'not-in-committee',
      `${request.operator} is not in the validator set of epoch ${network.epoch}.`,
      'operator',
    );
  }
  const known = await tasks.find(request.taskId);
  if (known === undefined) return refused('unknown-task', `Task ${request.taskId} is not on the stream.`, 'taskId');
  const ofTask = new Set([known.task.prompt.cid, ...known.task.submissions.map((one) => one.cid)]);
  const foreign = request.contentIds.find((cid) => !ofTask.has(cid));
  if (foreign !== undefined)
    return refused('content-not-of-task', `${foreign} is not content of task ${request.taskId}.`, 'contentIds');
  const { entries, used } = await grantEntries(participant, store, known.task, request.contentIds);
  const grant = await wrapGrant(
    request,
    { agreementSecret: participant.secret.agreementSecret, agreementKey: participant.identity.agreementKey },
    entries,
    participant.random,
  );
  if (!grant.ok) return grant;
  await audit(participant, request, entries, [...used.keys()]);
  for (const { held, granted } of used.values()) await countGrants(participant, held, granted, known);
  return accepted(encodeGrant(grant.value));
}

/** A session under which keys are granted, and how many. */
interface Use {
  readonly held: HeldRecord;
  readonly granted: number;
}

/** What to say of each content, and the sessions whose keys that takes. */
async function grantEntries(
  participant: Participant,
  store: ContentStore,
  task: Task,
  cids: readonly string[],
): Promise<{ readonly entries: readonly GrantEntry[]; readonly used: ReadonlyMap<Hex, Use> }> {
  const place = contentPlaceOf(task);
  const blobs = await Promise.all(cids.map((cid) => readContent(store, cid, place)));
  const entries: GrantEntry[] = [];
  const used = new Map<Hex, Use>();
  for (const [index, cid] of cids.entries()) {
    const blob = blobs[index];
    if (blob?.ok !== true) {
      entries.push({ cid, status: 'unavailable', why: blob?.refusal.code ?? 'content-missing' });
      continue;
    }
    const header = readSealedHeader(blob.value);
    if (!header.ok) {
      entries.push({ cid, status: 'not-sealed' });
      continue;
    }
    const { sessionId } = header.value;
    const held = used.get(sessionId)?.held ?? (await participant.sessions.load(sessionId));
    const entry = entryOf(held, participant.clock.nowMs(), header.value, task, cid);
    entries.push(entry);
    if (held !== undefined && entry.status === 'key')
      used.set(sessionId, { held, granted: (used.get(sessionId)?.granted ?? 0) + 1 });
  }
  return { entries, used };
}

/** The key of one sealed content, or why there is none. */
function entryOf(
  held: HeldRecord | undefined,
  nowMs: number,
  header: SealedHeader,
  task: Task,
  cid: string,
): GrantEntry {
  const unavailable = (why: KeyAbsence) => ({ cid, status: 'unavailable', why }) as const;
  if (held === undefined) return unavailable('session-unknown');
  if (isClosed(held, nowMs)) return unavailable('session-closed');
  const session = establishedSession(held.state);
  if (session === undefined) return unavailable('session-unknown');
  if (!isOfItsMiner(task, cid, held.state.plan.identities.miner.address))
    return unavailable('session-of-another-miner');
  const epochKey = keyOfEpoch(session, header.epoch);
  if (epochKey === undefined) return unavailable('epoch-unknown');
  return { cid, status: 'key', contentKey: contentKey(epochKey, header, task.reference) };
}

/**
 * Whether the session under which an output is sealed is one of the miner that the task names. Otherwise a User could
 * open another session under an id that has expired, and the miner's content would not open under its key. Miners that
 * are named by anything but an address cannot be compared.
 */
function isOfItsMiner({ submissions }: Task, cid: string, miner: Hex): boolean {
  const named = submissions.filter((one) => one.cid === cid).map((one) => one.miner.toLowerCase());
  return named.length === 0 || named.some((one) => !/^0x[0-9a-f]{40}$/.test(one) || one === miner);
}

/**
 * The audit entry of a refusal: who requested what, and why it was refused. Unsigned requests are not recorded, because
 * they prove nothing about anybody.
 */
async function auditRefusal(
  { bus, telemetry, clock, records }: Participant,
  request: UnsealRequest,
  code: string,
): Promise<void> {
  const { operator, role, taskId, contentIds } = request;
  const entry = { kind: 'refused', operator, role, taskId, contentIds, code, atMs: clock.nowMs() };
  await bus.publish(subjects.audit('refused'), encodeMessage(entry), { headers: telemetry.carrier() });
  records.note({ ...actOf(request, telemetry), kind: 'refusal', result: code });
}

/**
 * The audit entry of a grant: who was granted what, what was not granted and why, and when; the trace id is in the
 * message's headers. No key is written.
 */
async function audit(
  { bus, telemetry, clock, records }: Participant,
  request: UnsealRequest,
  entries: readonly GrantEntry[],
  sessionIds: readonly Hex[],
): Promise<void> {
  const entry = {
    kind: 'grant',
    operator: request.operator,
    role: request.role,
    taskId: request.taskId,
    sessionIds,
    contentIds: entries.flatMap(({ cid, status }) => (status === 'key' ? [cid] : [])),
    without: entries.flatMap((one) => (one.status === 'key' ? [] : [{ cid: one.cid, code: absenceCode(one) }])),
    atMs: clock.nowMs(),
  };
  await bus.publish(subjects.audit('grants'), encodeMessage(entry), { headers: telemetry.carrier() });
  if (entry.contentIds.length > 0)
    await records.record({ ...actOf(request, telemetry), kind: 'grant', result: 'done' });
}

/** Whose request it was, and of what task, for the audit log. */
function actOf({ operator, role, taskId }: UnsealRequest, telemetry: Participant['telemetry']) {
  return { who: `operator ${operator} ${role}`, what: 'unseal', on: taskId, ...traceOf(telemetry.carrier()) };
}

function absenceCode(entry: GrantEntry): string {
  return entry.status === 'unavailable' ? entry.why : entry.status;
}

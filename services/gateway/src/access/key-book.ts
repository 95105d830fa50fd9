/** The API keys of all gateways, as each replica knows them from the stream. */
import type { ApiKey, KeyRequest } from '@assay/protocol/api/api-keys';
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { Bus, BusMessage, Clock, Log } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { followStream } from '../follow-stream.ts';
import {
  decodeRecord,
  encodeRecord,
  hashOf,
  isHashOf,
  isInForce,
  type KeyRecord,
  keyIdOf,
  newToken,
  parseToken,
  type RandomBytes,
  tokenText,
} from './key-record.ts';
import { openRecord, sealRecord } from './sealed-record.ts';

const dayMs = 24 * 3_600 * 1_000;

/** What the book uses. */
export interface KeyBookOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: RandomBytes;
  /** The secret that all gateways share: records are authenticated under it. */
  readonly macKey: string;
  /** A token with every scope that no record holds: whoever installs the network creates the first keys with it. */
  readonly adminToken: string | undefined;
}

interface Held {
  readonly record: KeyRecord;
  readonly sequence: number;
}

/** Keys with their records, and the changes to them. Each change is published before it holds anywhere. */
export class KeyBook {
  readonly #options: KeyBookOptions;
  readonly #held = new Map<string, Held>();
  #seen = 0;
  #needed: number | undefined;

  constructor(options: KeyBookOptions) {
    this.#options = options;
  }

  /** Reads all records and follows the changes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, clock, log } = this.#options;
    const firstSequence = async () => {
      this.#needed = await bus.lastSequence('KEYS');
      return 1;
    };
    await followStream({ bus, clock, log, stream: 'KEYS', firstSequence, take: (one) => this.#take(one) }, signal);
  }

  /** Whether every record that was there at the start is read, and the bus is there to tell what changes. */
  get isCurrent(): boolean {
    return this.#needed !== undefined && this.#seen >= this.#needed && this.#options.bus.isReady();
  }

  /** The key of a token that is valid now. */
  authenticate(text: string): ApiKey | undefined {
    const { adminToken, clock } = this.#options;
    if (adminToken !== undefined && isHashOf(hashOf(adminToken), text)) return firstAdmin;
    const token = parseToken(text);
    const record = token === undefined ? undefined : this.#held.get(token.id)?.record;
    if (token === undefined || record === undefined || !isInForce(record.key, clock.nowMs())) return undefined;
    const { secretHash, previous } = record;
    if (isHashOf(secretHash, token.secret)) return record.key;
    const isOld = previous !== undefined && clock.nowMs() < previous.untilMs;
    return isOld && isHashOf(previous.secretHash, token.secret) ? record.key : undefined;
  }

  /** Names a key beside what it hands in under an id, so that gateways alone can read it. */
  sealSubmitter({ id }: Pick<ApiKey, 'id'>, handedIn: Hex): string {
    const { macKey, random } = this.#options;
    return sealRecord(`submitter ${handedIn}`, Buffer.from(id, 'hex'), macKey, random).toString('base64url');
  }

  /** The id of the key that {@link sealSubmitter} named beside the same; undefined if it did not. */
  openSubmitter(sealed: string, handedIn: Hex): string | undefined {
    const bytes = Buffer.from(sealed, 'base64url');
    return openRecord(`submitter ${handedIn}`, bytes, this.#options.macKey)?.toString('hex');
  }

  /** Whether a key of this id is valid now. */
  isValid(id: string): boolean {
    if (id === firstAdmin.id) return this.#options.adminToken !== undefined;
    const held = this.#held.get(id);
    return held !== undefined && isInForce(held.record.key, this.#options.clock.nowMs());
  }

  /** Keys in the order of their ids, after one. */
  list(limit: number, after = ''): ApiKey[] {
    const ids = [...this.#held.keys()].filter((id) => id > after).sort();
    return ids.slice(0, limit).flatMap((id) => this.#held.get(id)?.record.key ?? []);
  }

  /** A new key and its token. */
  async create({ owner, scopes, expiresInDays }: KeyRequest): Promise<Checked<{ key: ApiKey; token: string }>> {
    if (this.#held.size >= limits.apiKeysMax)
      return refused('too-many-keys', `There are ${limits.apiKeysMax} keys, revoked ones included.`);
    const { clock, random } = this.#options;
    const token = newToken(random);
    const createdAtMs = clock.nowMs();
    const expiry = expiresInDays === undefined ? {} : { expiresAtMs: createdAtMs + expiresInDays * dayMs };
    const key: ApiKey = { id: token.id, owner, scopes, createdAtMs, ...expiry };
    const written = await this.#write({ key, revision: 1, secretHash: hashOf(token.secret) }, 0);
    return written.ok ? accepted({ key, token: tokenText(token) }) : written;
  }

  /** A new token of a key; the old one stays valid for a while. */
  async rotate(id: string, graceSeconds: number): Promise<Checked<{ key: ApiKey; token: string }>> {
    const { clock, random } = this.#options;
    const held = this.#held.get(id);
    if (held === undefined || !isInForce(held.record.key, clock.nowMs())) return unknownKey(id);
    const token = newToken(random, id);
    const { key, revision, secretHash } = held.record;
    const previous =
      graceSeconds === 0 ? {} : { previous: { secretHash, untilMs: clock.nowMs() + graceSeconds * 1_000 } };
    const record = { key, revision: revision + 1, secretHash: hashOf(token.secret), ...previous };
    const written = await this.#write(record, held.sequence);
    return written.ok ? accepted({ key, token: tokenText(token) }) : written;
  }

  /** Revokes a key for good. A second time changes nothing. */
  async revoke(id: string): Promise<Checked<ApiKey>> {
    const held = this.#held.get(id);
    if (held === undefined) return unknownKey(id);
    const { key, revision, secretHash } = held.record;
    if (key.revokedAtMs !== undefined) return accepted(key);
    const revoked = { ...key, revokedAtMs: this.#options.clock.nowMs() };
    const written = await this.#write({ key: revoked, revision: revision + 1, secretHash }, held.sequence);
    return written.ok ? accepted(revoked) : written;
  }

  /** Publishes a record in the place of the one at a sequence, and takes it. */
  async #write(record: KeyRecord, expectLastSubjectSequence: number): Promise<Checked<undefined>> {
    const { bus, macKey, clock } = this.#options;
    const subject = subjects.key(record.key.id);
    const data = encodeRecord(record, macKey);
    const published = await bus.publish(subject, data, { expectLastSubjectSequence });
    if (published.status === 'conflict')
      return refused('keys-unavailable', 'Another gateway has just changed the same key. Try again.');
    this.#take({ subject, data, sequence: published.sequence, headers: {}, timestampMs: clock.nowMs() });
    return accepted(undefined);
  }

  /** Takes a record, unless it is forged or older than the one known: a repeated record brings no key back. */
  #take({ subject, data, sequence }: BusMessage): void {
    this.#seen = Math.max(this.#seen, sequence);
    const id = keyIdOf(subject);
    if (id === undefined) return;
    const { log, macKey } = this.#options;
    const decoded = decodeRecord(data, id, macKey);
    const known = this.#held.get(id)?.record;
    const isNews = decoded.ok && decoded.value.revision > (known?.revision ?? 0);
    const record = isNews ? decoded.value : known;
    // The next change names the subject's last message, whatever that holds.
    if (record !== undefined) this.#held.set(id, { record, sequence });
    if (!decoded.ok) log.error('a record of an API key does not count', { id, sequence, reason: decoded.refusal.code });
    else if (decoded.value.revision < (known?.revision ?? 0))
      log.error('an old record of an API key was repeated', { id, sequence });
  }
}

/** Who installs the network. */
const firstAdmin: ApiKey = {
  id: '0'.repeat(16),
  owner: 'installation',
  scopes: ['submit', 'read', 'admin'],
  createdAtMs: 0,
};

function unknownKey(id: string): Checked<never> {
  return refused('not-found', `There is no valid key ${id}.`);
}

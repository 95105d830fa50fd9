/** The webhooks of all API keys, as each replica knows them from the stream. */
import { type Webhook, webhookSchema } from '@assay/protocol/api/webhooks';
import { subjects } from '@assay/protocol/bus/subjects';
import { checkShape } from '@assay/protocol/encoding/decode';
import { limits } from '@assay/protocol/limits';
import type { Bus, BusMessage, Clock, Log } from '@assay/protocol/ports';
import { accepted, type Checked, refused } from '@assay/protocol/refusal';
import { z } from 'zod';
import { keyIdOf, type RandomBytes } from '../access/key-record.ts';
import { openRecord, sealRecord } from '../access/sealed-record.ts';
import { followStream } from '../follow-stream.ts';
import { webhookSecret } from './webhook-event.ts';

/** What the book uses. */
export interface HookBookOptions {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: RandomBytes;
  /** The secret that all gateways share: records are sealed under it, and webhooks' secrets follow from it. */
  readonly macKey: string;
  /** Why a URL cannot be a webhook's; undefined if it can. */
  readonly whyNotTo: (url: string) => string | undefined;
}

const recordSchema = z.strictObject({
  /** One more with each change. */
  revision: z.int().min(1),
  webhooks: z.array(webhookSchema).max(limits.webhooksOfKeyMax),
});

interface Held {
  readonly record: z.infer<typeof recordSchema>;
  readonly sequence: number;
}

const idBytes = 8;

/** Webhooks by key, and the changes to them. */
export class HookBook {
  readonly #options: HookBookOptions;
  readonly #held = new Map<string, Held>();
  #seen = 0;
  #needed: number | undefined;

  constructor(options: HookBookOptions) {
    this.#options = options;
  }

  /** Reads all records and follows the changes until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { bus, clock, log } = this.#options;
    const firstSequence = async () => {
      this.#needed = await bus.lastSequence('HOOKS');
      return 1;
    };
    await followStream({ bus, clock, log, stream: 'HOOKS', firstSequence, take: (one) => this.#take(one) }, signal);
  }

  /** Whether every record that was there at the start is read. */
  get isCurrent(): boolean {
    return this.#needed !== undefined && this.#seen >= this.#needed;
  }

  /** Whether any key has a webhook. */
  get isEmpty(): boolean {
    return [...this.#held.values()].every(({ record }) => record.webhooks.length === 0);
  }

  /** The webhooks of a key, oldest first. */
  of(keyId: string): readonly Webhook[] {
    return this.#held.get(keyId)?.record.webhooks ?? [];
  }

  /** The secret that a webhook's events are signed with. */
  secretOf({ id }: Pick<Webhook, 'id'>): string {
    return webhookSecret(this.#options.macKey, id);
  }

  /** A new webhook of a key, with its secret. */
  async create(keyId: string, url: string): Promise<Checked<{ webhook: Webhook; secret: string }>> {
    const { random, clock, whyNotTo } = this.#options;
    const { href } = new URL(url);
    const why = whyNotTo(href);
    if (why !== undefined) return refused('malformed', `url: ${why}`, 'url');
    if (href.length > limits.webhookUrlCharsMax)
      return refused('malformed', `url: has more than ${limits.webhookUrlCharsMax} characters when encoded`, 'url');
    const webhook: Webhook = {
      id: Buffer.from(random(idBytes)).toString('hex'),
      url: href,
      createdAtMs: clock.nowMs(),
    };
    const webhooks = [...this.of(keyId), webhook];
    if (webhooks.length > limits.webhooksOfKeyMax)
      return refused('too-many-webhooks', `The key ${keyId} has ${limits.webhooksOfKeyMax} webhooks; delete one.`);
    const written = await this.#write(keyId, webhooks);
    return written.ok ? accepted({ webhook, secret: this.secretOf(webhook) }) : written;
  }

  /** Deletes a webhook of a key. What it was not told yet, it is not told. */
  async remove(keyId: string, id: string): Promise<Checked<Webhook>> {
    const webhook = this.of(keyId).find((one) => one.id === id);
    if (webhook === undefined) return refused('not-found', `The key ${keyId} has no webhook ${id}.`);
    const written = await this.#write(
      keyId,
      this.of(keyId).filter((one) => one !== webhook),
    );
    return written.ok ? accepted(webhook) : written;
  }

  async #write(keyId: string, webhooks: readonly Webhook[]): Promise<Checked<undefined>> {
    const { bus, macKey, random, clock } = this.#options;
    const held = this.#held.get(keyId);
    const record = { revision: (held?.record.revision ?? 0) + 1, webhooks };
    const data = sealRecord(`webhooks ${keyId}`, Buffer.from(JSON.stringify(record)), macKey, random);
    const subject = subjects.hooks(keyId);
    const published = await bus.publish(subject, data, { expectLastSubjectSequence: held?.sequence ?? 0 });
    if (published.status === 'conflict')
      return refused('keys-unavailable', 'Another gateway has just changed webhooks of the same key. Try again.');
    this.#take({ subject, data, sequence: published.sequence, headers: {}, timestampMs: clock.nowMs() });
    return accepted(undefined);
  }

  /** Takes a record, unless it is forged or older than the one known. */
  #take({ subject, data, sequence }: BusMessage): void {
    this.#seen = Math.max(this.#seen, sequence);
    const keyId = keyIdOf(subject);
    if (keyId === undefined) return;
    const { log, macKey } = this.#options;
    const opened = openRecord(`webhooks ${keyId}`, data, macKey);
    const read = opened === undefined ? undefined : checkShape(recordSchema, JSON.parse(opened.toString()));
    const known = this.#held.get(keyId)?.record;
    const isNews = read?.ok === true && read.value.revision > (known?.revision ?? 0);
    const record = isNews ? read.value : (known ?? { revision: 0, webhooks: [] });
    // The next change names the subject's last message, whatever that holds.
    this.#held.set(keyId, { record, sequence });
    if (read?.ok !== true) log.error('a record of webhooks does not count', { keyId, sequence });
  }
}

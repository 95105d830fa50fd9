/** The contract of every bus implementation. */
import { subjects } from '@assay/protocol/bus/subjects';
import type { Hex } from '@assay/protocol/encoding/bytes';
import { limits } from '@assay/protocol/limits';
import type { Bus, Delivery } from '@assay/protocol/ports';
import { expect, it } from 'vitest';
import { takeFrom, within } from './eventually.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

let names = 0;
/** A subject token that no other test uses. */
const fresh = () => `t${process.pid}x${names++}`;
const deadSubject = (token: string) => `assay.v1.dead.${token}`;

/** A second client of the same bus comes from `another`. */
export interface BusUnderTest {
  readonly bus: Bus;
  readonly another: () => Promise<Bus>;
}

/** Runs the contract against the bus that `get` returns once the tests run. */
export function busContract(get: () => BusUnderTest): void {
  publishing(get);
  working(get);
  reading(get);
  asking(get);
}

function publishing(get: () => BusUnderTest): void {
  it('drops a repeat of a message id, and says so', async () => {
    const { bus } = get();
    const token = fresh();
    const first = await bus.publish(deadSubject(token), encode('a'), { messageId: token });
    const second = await bus.publish(deadSubject(token), encode('b'), { messageId: token });
    expect(first.status).toBe('stored');
    expect(second).toEqual({ status: 'duplicate', sequence: first.status === 'stored' ? first.sequence : 0 });
    expect(decode((await bus.last('DEAD', deadSubject(token)))?.data ?? encode(''))).toBe('a');
  });

  it('lets one of two publishers win that expect the same last sequence of a subject', async () => {
    const { bus } = get();
    const subject = deadSubject(fresh());
    const outcomes = await Promise.all(
      ['a', 'b'].map((text) =>
        bus.publish(subject, encode(text), { messageId: `${subject}${text}`, expectLastSubjectSequence: 0 }),
      ),
    );
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['conflict', 'stored']);
  });

  it('calls a repeat with an expectation a duplicate, not a conflict', async () => {
    const { bus } = get();
    const subject = deadSubject(fresh());
    const options = { messageId: subject, expectLastSubjectSequence: 0 };
    await bus.publish(subject, encode('a'), options);
    expect((await bus.publish(subject, encode('a'), options)).status).toBe('duplicate');
  });

  it('refuses an unexpected last sequence of the stream', async () => {
    const { bus } = get();
    const last = await bus.lastSequence('REPORTS');
    const subject = `assay.v1.reports.${fresh()}`;
    expect((await bus.publish(subject, encode('a'), { expectLastStreamSequence: last + 1 })).status).toBe('conflict');
    expect(await bus.publish(subject, encode('a'), { expectLastStreamSequence: last })).toEqual({
      status: 'stored',
      sequence: last + 1,
    });
  });

  it('erases the messages of a subject, by several at once, and leaves a mark', async () => {
    const { bus, another } = get();
    const prefix = fresh();
    const subjectsOf = (index: number) => `assay.v1.answers.${prefix}.m${index}`;
    const publish = (index: number, text: string) => bus.publish(subjectsOf(index), encode(text));
    for (let index = 0; index < 3; index++) await publish(index, 'words');
    await publish(1, 'a mark');
    await publish(9, 'of another');
    const erase = (one: Bus) => one.erase('ANSWERS', `assay.v1.answers.${prefix}.*`, encode('a mark'));
    const other = await another();
    await bus.erase('ANSWERS', subjectsOf(0));
    await Promise.all([erase(bus), erase(other), erase(bus)]);
    const left = await bus.next('ANSWERS', `assay.v1.answers.${prefix}.*`, 0);
    expect(decode(left?.data ?? encode(''))).toBe('a mark');
    expect(await bus.next('ANSWERS', `assay.v1.answers.${prefix}.*`, left?.sequence ?? 0)).toBeUndefined();
    expect(await bus.last('ANSWERS', subjectsOf(0))).toBeUndefined();
    const expecting = (index: number) => bus.publish(subjectsOf(index), encode('x'), { expectLastSubjectSequence: 0 });
    expect((await expecting(1)).status).toBe('conflict');
    expect((await expecting(2)).status).toBe('stored');
    await other.close();
  });

  it('rejects a message over the limit, and names the limit', async () => {
    await expect(get().bus.publish(deadSubject(fresh()), new Uint8Array(1_000_000))).rejects.toThrow(/983040/);
    const observation = `assay.v1.observations.${fresh()}.checksum.${fresh()}`;
    await get().bus.publish(observation, new Uint8Array(limits.observationBytesMax));
    await expect(get().bus.publish(observation, new Uint8Array(limits.observationBytesMax + 1))).rejects.toThrow(
      String(limits.observationBytesMax),
    );
  });
}

function working(get: () => BusUnderTest): void {
  it('shares a durable consumer between two replicas, each message once', async () => {
    const { bus, another } = get();
    const other = await another();
    const token = fresh();
    const options = { stream: 'AUDIT', durable: token, filterSubject: `assay.v1.audit.${token}.*`, concurrency: 2 };
    const stop = new AbortController();
    const seen: string[][] = [[], []];
    const total = 40;
    let taken = 0;
    const all = Promise.withResolvers<void>();
    const consume = async (who: Bus, index: number) => {
      for await (const delivery of who.work(options, stop.signal)) {
        seen[index]?.push(delivery.subject);
        void new Promise((resolve) => setTimeout(resolve, 5)).then(async () => {
          await delivery.ack();
          if (++taken === total) all.resolve();
        });
      }
    };
    const workers = [consume(bus, 0), consume(other, 1)];
    await Promise.all(
      Array.from({ length: total }, (_, index) => bus.publish(`assay.v1.audit.${token}.${index}`, encode('x'))),
    );
    await within('all messages to be taken', all.promise);
    stop.abort();
    await within('the workers to end', Promise.all(workers));
    expect(new Set(seen.flat()).size).toBe(total);
    expect(seen.flat()).toHaveLength(total);
    expect(seen.every((one) => one.length > total / 8)).toBe(true);
    await other.close();
  });

  it('delivers no more than the concurrency until a message is ended', async () => {
    const { bus } = get();
    const token = fresh();
    for (let index = 0; index < 5; index++) await bus.publish(`assay.v1.audit.${token}.${index}`, encode('x'));
    const stop = new AbortController();
    const deliveries = bus
      .work(
        { stream: 'AUDIT', durable: token, filterSubject: `assay.v1.audit.${token}.*`, concurrency: 2 },
        stop.signal,
      )
      [Symbol.asyncIterator]();
    const [first] = [await deliveries.next(), await deliveries.next()];
    let third: Delivery | undefined;
    const waiting = deliveries.next().then(({ value }) => {
      third = value;
    });
    // Two round trips to the bus: enough time for a third message to arrive.
    await bus.lastSequence('AUDIT');
    await bus.lastSequence('AUDIT');
    expect(third).toBeUndefined();
    await first?.value?.ack();
    await within('a third delivery', waiting);
    expect(third).toBeDefined();
    stop.abort();
  });

  it('keeps the order of the stream when only one may be unacknowledged', async () => {
    const { bus } = get();
    const token = fresh();
    for (let index = 0; index < 6; index++) await bus.publish(`assay.v1.audit.${token}.${index}`, encode(`${index}`));
    const stop = new AbortController();
    const order: string[] = [];
    const deliveries = bus.work(
      { stream: 'AUDIT', durable: token, filterSubject: `assay.v1.audit.${token}.*`, concurrency: 4, ackPendingMax: 1 },
      stop.signal,
    );
    for await (const delivery of deliveries) {
      if (order.length === 2 && delivery.deliveryCount === 1) {
        delivery.nak(0);
        continue;
      }
      order.push(decode(delivery.data));
      await delivery.ack();
      if (order.length === 6) stop.abort();
    }
    expect(order).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  it('redelivers after a nak, counts it, and never redelivers after a term', async () => {
    const { bus } = get();
    const token = fresh();
    await bus.publish(`assay.v1.audit.${token}.a`, encode('x'), { headers: { traceparent: '00-aa-bb-01' } });
    const stop = new AbortController();
    const deliveries = bus
      .work(
        { stream: 'AUDIT', durable: token, filterSubject: `assay.v1.audit.${token}.*`, concurrency: 1 },
        stop.signal,
      )
      [Symbol.asyncIterator]();
    const first = (await within('the first delivery', deliveries.next())).value as Delivery;
    first.nak(30);
    const second = (await within('the second delivery', deliveries.next())).value as Delivery;
    expect([first.deliveryCount, second.deliveryCount]).toEqual([1, 2]);
    expect(second.sequence).toBe(first.sequence);
    expect(second.headers.traceparent).toBe('00-aa-bb-01');
    expect(Math.abs(second.timestampMs - Date.now())).toBeLessThan(60_000);
    second.term();
    await bus.publish(`assay.v1.audit.${token}.b`, encode('y'));
    const third = (await within('the next message', deliveries.next())).value as Delivery;
    expect(third.subject).toBe(`assay.v1.audit.${token}.b`);
    await third.ack();
    stop.abort();
    expect((await within('the end', deliveries.next())).done).toBe(true);
  });

  it('gives back undelivered messages when the worker stops', async () => {
    const { bus } = get();
    const token = fresh();
    const options = { stream: 'AUDIT', durable: token, filterSubject: `assay.v1.audit.${token}.*`, concurrency: 3 };
    for (let index = 0; index < 3; index++) await bus.publish(`assay.v1.audit.${token}.${index}`, encode('x'));
    const stop = new AbortController();
    const [held] = await takeFrom('a delivery', bus.work(options, stop.signal), 1);
    stop.abort();
    await held?.ack();
    const again = await takeFrom('the rest', bus.work(options, new AbortController().signal), 2, 10_000);
    expect(again.map(({ subject }) => subject)).toHaveLength(2);
    expect(new Set(again.map(({ subject }) => subject))).toEqual(
      new Set([1, 2].map((index) => `assay.v1.audit.${token}.${index}`)),
    );
    for (const delivery of again) await delivery.ack();
  });
}

function reading(get: () => BusUnderTest): void {
  it('follows a stream from a sequence, filtered, and then live', async () => {
    const { bus } = get();
    const token = fresh();
    for (const name of ['a', 'b', 'c']) await bus.publish(`assay.v1.audit.${token}.${name}`, encode(name));
    const last = await bus.lastSequence('AUDIT');
    const stop = new AbortController();
    const followed = bus.follow(
      'AUDIT',
      { filterSubject: `assay.v1.audit.${token}.*`, fromSequence: last - 1 },
      stop.signal,
    );
    const taking = takeFrom('followed messages', followed, 3);
    await bus.publish(`assay.v1.audit.other${token}`, encode('no'));
    await bus.publish(`assay.v1.audit.${token}.d`, encode('d'));
    expect((await taking).map(({ data }) => decode(data))).toEqual(['b', 'c', 'd']);
    stop.abort();
  });

  it('follows a stream from a time on', async () => {
    const { bus } = get();
    const token = fresh();
    const subjectOf = (name: string) => `assay.v1.audit.${token}.${name}`;
    await bus.publish(subjectOf('a'), encode('a'));
    const first = await bus.last('AUDIT', subjectOf('a'));
    const fromMs = (first?.timestampMs ?? 0) + 1;
    // Until the server's clock shows another millisecond.
    let second = first;
    while ((second?.timestampMs ?? 0) < fromMs) {
      await bus.publish(subjectOf('b'), encode('b'));
      second = await bus.last('AUDIT', subjectOf('b'));
    }
    const stop = new AbortController();
    const followed = bus.follow('AUDIT', { filterSubject: `assay.v1.audit.${token}.*`, fromMs }, stop.signal);
    const [found] = await takeFrom('followed messages', followed, 1);
    stop.abort();
    expect(found?.subject).toBe(subjectOf('b'));
    expect(found?.timestampMs).toBeGreaterThanOrEqual(fromMs);
  });

  it('ends a follow that waits when the signal aborts', async () => {
    const stop = new AbortController();
    const next = get()
      .bus.follow('AUDIT', { filterSubject: `assay.v1.audit.${fresh()}` }, stop.signal)
      [Symbol.asyncIterator]()
      .next();
    stop.abort();
    expect((await within('the end', next)).done).toBe(true);
  });

  it('reads the last message of a subject, and the next after a sequence', async () => {
    const { bus } = get();
    const subject = deadSubject(fresh());
    expect(await bus.last('DEAD', subject)).toBeUndefined();
    expect(await bus.next('DEAD', subject, 0)).toBeUndefined();
    await bus.publish(subject, encode('a'), { headers: { name: 'value' } });
    await bus.publish(deadSubject(fresh()), encode('x'));
    const second = await bus.publish(subject, encode('b'));
    const last = await bus.last('DEAD', subject);
    const first = await bus.next('DEAD', subject, 0);
    expect(decode(last?.data ?? encode(''))).toBe('b');
    expect(second).toMatchObject({ sequence: last?.sequence });
    expect(first?.headers.name).toBe('value');
    expect(first?.subject).toBe(subject);
    expect((await bus.next('DEAD', subject, first?.sequence ?? 0))?.sequence).toBe(last?.sequence);
    expect(await bus.next('DEAD', subject, last?.sequence ?? 0)).toBeUndefined();
  });

  it('reads what fits a subject with wildcards one after the other, whatever its writers expected', async () => {
    const { bus } = get();
    const question: Hex = `0x${fresh()}`;
    const miners = ['01', '02', '03'].map((byte): Hex => `0x${byte.repeat(20)}`);
    for (const miner of miners)
      await bus.publish(subjects.answer(question, miner), encode(miner), { expectLastSubjectSequence: 0 });
    const read: string[] = [];
    for (let after = 0; ; ) {
      const next = await bus.next('ANSWERS', subjects.answersTo(question), after);
      if (next === undefined) break;
      read.push(decode(next.data));
      after = next.sequence;
    }
    expect(read).toEqual(miners);
  });
}

function asking(get: () => BusUnderTest): void {
  it('answers requests, shares them in a queue, and survives a handler that throws', async () => {
    const { bus, another } = get();
    const other = await another();
    const subject = `assay.v1.${fresh()}`;
    const stop = new AbortController();
    const answerAs =
      (name: string) => async (request: { data: Uint8Array; headers: Readonly<Record<string, string>> }) => {
        if (decode(request.data) === 'throw') throw new Error('secret detail');
        return encode(`${name} ${decode(request.data)} ${request.headers.h ?? ''}`);
      };
    await bus.respond(subject, 'queue', answerAs('one'), stop.signal);
    await other.respond(subject, 'queue', answerAs('two'), stop.signal);
    await expect(bus.request(subject, encode('throw'), { timeoutMs: 30_000 })).rejects.toThrow(/failed/);
    const answers = await Promise.all(
      Array.from({ length: 40 }, () => bus.request(subject, encode('q'), { timeoutMs: 30_000, headers: { h: 'v' } })),
    );
    expect(new Set(answers.map(decode))).toEqual(new Set(['one q v', 'two q v']));
    stop.abort();
    await other.close();
  });

  it('rejects a request that nobody answers', async () => {
    await expect(get().bus.request(`assay.v1.${fresh()}`, encode(''), { timeoutMs: 500 })).rejects.toThrow(/No answer/);
  });

  it('is ready until it is closed, then refuses', async () => {
    const other = await get().another();
    expect(other.isReady()).toBe(true);
    await other.close();
    expect(other.isReady()).toBe(false);
    await expect(other.publish(deadSubject(fresh()), encode('x'))).rejects.toThrow();
  });
}

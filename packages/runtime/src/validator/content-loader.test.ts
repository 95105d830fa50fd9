import { utf8 } from '@assay/protocol/encoding/bytes';
import { exampleNetwork, exampleTask } from '@assay/protocol/network/example-network';
import { outputText } from '@assay/protocol/task/task-content';
import { tuning } from '@assay/protocol/tuning';
import { describe, expect, it } from 'vitest';
import { loadContent, mayComeAgain, type Unseal } from './content-loader.ts';
import { shelfStore } from './ports.fixture.ts';

const { policy } = exampleNetwork();
const { task, prompt, outputs } = exampleTask();
const known = { known: { task, policy, deadlineMs: 1_000, headers: {} }, enclosed: () => undefined };
const sealed = { ...known, known: { ...known.known, policy: { ...policy, payload: 'sealed' as const } } };
const [first, second] = task.submissions.map(({ cid }) => cid);
const noUnseal: Unseal = () => Promise.reject(new Error('Nothing is sealed.'));
const fullStore = () => shelfStore(utf8(prompt), ...outputs.map(utf8));

describe('loadContent', () => {
  it('gives prompt and outputs in submission order', async () => {
    const content = await loadContent(fullStore(), noUnseal, known, true);
    expect(content.prompt).toBe(prompt);
    expect(content.outputs.map(outputText)).toEqual(outputs);
  });

  it('does not request content that came with the task, unless it does not match its CID', async () => {
    const came = new Map([...fullStore().held, [first ?? '', utf8('something else')]]);
    const asked: string[] = [];
    const store = fullStore();
    const get = async (cid: string) => {
      asked.push(cid);
      return store.get(cid, { kind: 'task', id: task.taskId });
    };
    const content = await loadContent(
      { ...store, get },
      noUnseal,
      { ...known, enclosed: (cid) => came.get(cid) },
      true,
    );
    expect(content.prompt).toBe(prompt);
    expect(content.outputs.map(outputText)).toEqual(outputs);
    expect(asked).toEqual([first]);
  });

  it('rejects while content is missing, so that the task is redelivered', async () => {
    const store = fullStore();
    store.held.delete(first ?? '');
    await expect(loadContent(store, noUnseal, known, true)).rejects.toThrow(first);
    store.held.set(first ?? '', utf8('something else'));
    await expect(loadContent(store, noUnseal, known, true)).rejects.toThrow(first);
  });

  it('gives the reasons on the last attempt, and judges nothing without what the store lost', async () => {
    const store = fullStore();
    store.held.delete(first ?? '');
    const { outputs: loaded } = await loadContent(store, noUnseal, known, false);
    expect(loaded).toEqual([{ problem: 'content-missing' }, { problem: 'task-incomplete' }]);
    store.held.set(second ?? '', utf8('something else'));
    const { outputs: wrong } = await loadContent(store, noUnseal, known, false);
    expect(wrong).toEqual([{ problem: 'content-missing' }, { problem: 'cid-mismatch' }]);
  });

  it.each([
    ['missing', undefined],
    ['of another CID', utf8('another prompt')],
  ])('judges nothing when the prompt is %s on the last attempt, and rejects before', async (_, bytes) => {
    const store = fullStore();
    store.held.delete(task.prompt.cid);
    if (bytes !== undefined) store.held.set(task.prompt.cid, bytes);
    await expect(loadContent(store, noUnseal, known, true)).rejects.toThrow(task.prompt.cid);
    const { outputs: loaded } = await loadContent(store, noUnseal, known, false);
    expect(loaded).toEqual([{ problem: 'task-incomplete' }, { problem: 'task-incomplete' }]);
  });

  it('rejects when the store fails, until the last attempt', async () => {
    const store = { ...fullStore(), get: () => Promise.reject(new Error('store down')) };
    await expect(loadContent(store, noUnseal, known, true)).rejects.toThrow('store down');
    const { outputs: loaded } = await loadContent(store, noUnseal, known, false);
    expect(loaded).toEqual([{ problem: 'content-missing' }, { problem: 'content-missing' }]);
  });

  it('blames a submission only if its granted key does not open it', async () => {
    const unseal: Unseal = async (_, blobs) =>
      new Map(
        [...blobs].map(([cid, blob]) => [
          cid,
          cid === second
            ? { problem: 'seal-invalid', why: 'it does not open' }
            : { bytes: utf8(`plain ${blob.length}`) },
        ]),
      );
    const { prompt: plain, outputs: loaded } = await loadContent(fullStore(), unseal, sealed, true);
    expect(plain).toBe(`plain ${prompt.length}`);
    expect(loaded[0] && outputText(loaded[0])).toBe(`plain ${outputs[0]?.length}`);
    expect(loaded[1]).toEqual({ problem: 'seal-invalid' });
  });

  it('retries for a key that is not granted; then only that submission has none', async () => {
    const unseal: Unseal = async (_, blobs) =>
      new Map(
        [...blobs].map(([cid, bytes]) => [
          cid,
          cid === second ? { problem: 'key-unavailable', why: 'session-closed' } : { bytes },
        ]),
      );
    await expect(loadContent(fullStore(), unseal, sealed, true)).rejects.toThrow('session-closed');
    const { outputs: loaded } = await loadContent(fullStore(), unseal, sealed, false);
    expect(loaded[0] && outputText(loaded[0])).toBe(outputs[0]);
    expect(loaded[1]).toEqual({ problem: 'key-unavailable' });
  });

  it('retries while nobody grants keys; then all are unavailable', async () => {
    const nobody: Unseal = () => Promise.reject(new Error('nobody answers'));
    await expect(loadContent(fullStore(), nobody, sealed, true)).rejects.toThrow('nobody answers');
    const { outputs: loaded } = await loadContent(fullStore(), nobody, sealed, false);
    expect(loaded).toEqual([{ problem: 'key-unavailable' }, { problem: 'key-unavailable' }]);
  });

  it('does not request keys for content that does not match its CID', async () => {
    const store = fullStore();
    store.held.set(second ?? '', utf8('something else'));
    let asked: string[] = [];
    const unseal: Unseal = async (_, blobs) => {
      asked = [...blobs.keys()];
      return new Map([...blobs].map(([cid, bytes]) => [cid, { bytes }]));
    };
    const { outputs: loaded } = await loadContent(store, unseal, sealed, false);
    expect(asked).toEqual([task.prompt.cid, first]);
    expect(loaded[1]).toEqual({ problem: 'cid-mismatch' });
  });
});

describe('mayComeAgain', () => {
  it('leaves time to observe before the deadline, and a delivery', () => {
    const one = { ...known.known, policy: { ...policy, deadlineMs: 20_000 }, deadlineMs: 20_000 };
    expect(mayComeAgain(one, 1, 0)).toBe(true);
    expect(mayComeAgain(one, 5, 6_500)).toBe(true);
    expect(mayComeAgain(one, 6, 13_500)).toBe(false);
    expect(mayComeAgain(one, 1, 14_499)).toBe(true);
    expect(mayComeAgain(one, 1, 14_500)).toBe(false);
    expect(mayComeAgain(one, tuning.deliveriesMax, 0)).toBe(false);
  });
});

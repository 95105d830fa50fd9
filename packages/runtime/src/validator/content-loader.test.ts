import { utf8 } from '@assay/protocol/encoding/bytes';
import { exampleNetwork, exampleTask } from '@assay/protocol/network/example-network';
import { outputText } from '@assay/protocol/task/task-content';
import { describe, expect, it } from 'vitest';
import { loadContent, type Unseal } from './content-loader.ts';
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
    const content = await loadContent(fullStore(), noUnseal, known);
    expect(content.prompt).toBe(prompt);
    expect(content.outputs.map(outputText)).toEqual(outputs);
  });

  it('does not request content that came with the task, unless it does not match its CID', async () => {
    const came = new Map([...fullStore().held, [first ?? '', utf8('something else')]]);
    const asked: string[] = [];
    const store = fullStore();
    const get = async (cid: string) => {
      asked.push(cid);
      return store.get(cid);
    };
    const content = await loadContent({ ...store, get }, noUnseal, { ...known, enclosed: (cid) => came.get(cid) });
    expect(content.prompt).toBe(prompt);
    expect(content.outputs.map(outputText)).toEqual(outputs);
    expect(asked).toEqual([first]);
  });

  it('gives the reason why a submission has no content, in its place', async () => {
    const store = fullStore();
    store.held.delete(first ?? '');
    store.held.set(second ?? '', utf8('something else'));
    const { outputs: loaded } = await loadContent(store, noUnseal, known);
    expect(loaded).toEqual([{ problem: 'content-missing' }, { problem: 'cid-mismatch' }]);
  });

  it.each([
    ['missing', undefined],
    ['of another CID', utf8('another prompt')],
  ])('rejects when the prompt is %s, because nothing can be judged without it', async (_, bytes) => {
    const store = fullStore();
    store.held.delete(task.prompt.cid);
    if (bytes !== undefined) store.held.set(task.prompt.cid, bytes);
    await expect(loadContent(store, noUnseal, known)).rejects.toThrow(task.prompt.cid);
  });

  it('rejects when the store fails, so that the task is redelivered', async () => {
    const store = { ...fullStore(), get: () => Promise.reject(new Error('store down')) };
    await expect(loadContent(store, noUnseal, known)).rejects.toThrow('store down');
  });

  it('opens sealed content; a failure affects that submission only', async () => {
    const unseal: Unseal = async (_, blobs) =>
      new Map([...blobs].filter(([cid]) => cid !== second).map(([cid, blob]) => [cid, utf8(`plain ${blob.length}`)]));
    const { prompt: plain, outputs: loaded } = await loadContent(fullStore(), unseal, sealed);
    expect(plain).toBe(`plain ${prompt.length}`);
    expect(loaded[0] && outputText(loaded[0])).toBe(`plain ${outputs[0]?.length}`);
    expect(loaded[1]).toEqual({ problem: 'seal-invalid' });
  });

  it('does not request keys for content that does not match its CID', async () => {
    const store = fullStore();
    store.held.set(second ?? '', utf8('something else'));
    let asked: string[] = [];
    const unseal: Unseal = async (_, blobs) => {
      asked = [...blobs.keys()];
      return blobs;
    };
    const { outputs: loaded } = await loadContent(store, unseal, sealed);
    expect(asked).toEqual([task.prompt.cid, first]);
    expect(loaded[1]).toEqual({ problem: 'cid-mismatch' });
  });
});

import { exampleNetwork, exampleTask } from '@assay/protocol/network/example-network';
import { expect, it } from 'vitest';
import { checkByThread, checkWork, policiesByName } from './check-call.ts';

it('sends the bytes of an output without their underlying buffer, and the policy by name', async () => {
  const { policy } = exampleNetwork();
  const { task } = exampleTask();
  const sent: unknown[] = [];
  const thread = {
    call: <Output>(...call: unknown[]) => {
      sent.push(...call);
      return Promise.resolve([{ score: 1, flags: 0 }] as Output);
    },
  };
  const pool = new Uint8Array(8_192).fill(7);
  const content = { prompt: 'p', outputs: [{ bytes: pool.subarray(4, 6) }, { problem: 'content-missing' as const }] };
  expect(await checkByThread(thread)({ task, content, policy })).toEqual([{ score: 1, flags: 0 }]);
  const [name, call] = sent as [string, { policyName: string; content: { outputs: { bytes: Uint8Array }[] } }];
  expect([name, call.policyName, call.content.outputs[1]]).toEqual([checkWork, policy.name, content.outputs[1]]);
  expect(call.content.outputs[0]?.bytes.buffer.byteLength).toBe(2);
});

it('finds a policy by its name, and throws for an unknown one', () => {
  const { policy } = exampleNetwork();
  const policyOf = policiesByName([policy]);
  expect(policyOf(policy.name)).toBe(policy);
  expect(() => policyOf('none')).toThrow('no policy "none"');
});

import { describe, expect, it } from 'vitest';
import { exampleNetwork, exampleObservations, exampleProposal, exampleTask } from '../network/example-network.ts';
import { explains } from './left-over.ts';
import type { Proposal } from './proposal.ts';

const example = exampleNetwork();
const { network, policy } = example;
const tasks = ['a', 'b'].map((reference) => exampleTask({ reference, outputs: ['one'] }).task);
const known = new Map(tasks.map((task) => [task.taskId, { task, policy, deadlineMs: 1_000 }]));
const proposal = exampleProposal(
  example,
  tasks.map((task) => ({ task, observations: exampleObservations(example, task) })),
);
const batch = { sequence: proposal.sequence, root: proposal.root, count: proposal.entries.length };
const [first, second] = proposal.entries;
if (first === undefined || second === undefined) throw new Error('The example has two tasks.');

/** Another proposal that claims the root of the batch. */
const claiming = (entries: Proposal['entries']): Proposal => ({ ...proposal, entries });

describe('explains', () => {
  it('finds that a proposal has the root of the batch, whoever signed its observations', () => {
    expect(explains(network, batch, proposal, known)).toBe(true);
    const unsigned = proposal.entries.map((entry) => ({
      ...entry,
      observations: entry.observations.map((one) => ({ ...one, signature: `0x${'00'.repeat(65)}` as const })),
    }));
    expect(explains(network, batch, claiming(unsigned), known)).toBe(true);
  });

  it('refuses one that claims the root and has other tasks or other observations', () => {
    const emptied = { ...first, observations: [] };
    expect(explains(network, batch, claiming([emptied, second]), known)).toBe(false);
    expect(explains(network, batch, claiming([first]), known)).toBe(false);
    const stranger = exampleTask({ reference: 'c', outputs: ['one'] }).task.taskId;
    expect(explains(network, batch, claiming([first, { ...second, taskId: stranger }]), known)).toBe(false);
  });

  it('refuses one of another place or with another root, and one whose tasks are not all known', () => {
    expect(explains(network, { ...batch, sequence: batch.sequence + 1 }, proposal, known)).toBe(false);
    expect(explains(network, { ...batch, root: `0x${'12'.repeat(32)}` }, proposal, known)).toBe(false);
    expect(explains(network, batch, proposal, new Map([...known].slice(1)))).toBe(false);
  });
});

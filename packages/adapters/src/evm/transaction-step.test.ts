import type { Hex } from '@assay/protocol/encoding/bytes';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ChainView,
  type Fees,
  type Flight,
  feesAbove,
  nextStep,
  type TransactionRules,
} from './transaction-step.ts';

const wanted: Hex = '0x01';
const other: Hex = '0x02';
const rules: TransactionRules = {
  feePerGasMax: 1_000n,
  feeBumpPercent: 25n,
  replaceAfterMs: 10_000,
  sendAgainAfterMs: 2_000,
};
const view: ChainView = {
  nowMs: 100_000,
  minedCount: 5,
  pendingCount: 5,
  isMined: false,
  isKnown: true,
  gas: 10n,
  isObsolete: false,
  price: { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n },
  baseFee: 50n,
  balance: 1_000_000n,
  dataFee: 0n,
};
const open: Flight = {
  intent: { nonce: 5, callDigest: wanted, gas: 10n, maxFeePerGas: 80n, maxPriorityFeePerGas: 8n },
  signedMs: 99_500,
  sentMs: 99_500,
  isUnderpriced: false,
};
const flight = (more: Partial<Flight>, intent: Partial<Flight['intent']> = {}): Flight => ({
  ...open,
  ...more,
  intent: { ...open.intent, ...intent },
});

describe('the next step', () => {
  it.each<[string, Flight | undefined, Partial<ChainView>, object]>([
    ['nothing is open: sign at the next place', undefined, {}, { kind: 'sign', nonce: 5, why: 'first' }],
    ['others of the account wait: behind them', undefined, { pendingCount: 7 }, { kind: 'sign', nonce: 7 }],
    ['it is in a block', open, { isMined: true, minedCount: 6 }, { kind: 'mined' }],
    ['in a block, and the contract knows it now', open, { isMined: true, gas: undefined }, { kind: 'mined' }],
    ['the contract refuses', undefined, { gas: undefined }, { kind: 'refused' }],
    ['another was quicker while ours waits', open, { gas: undefined }, { kind: 'refused' }],
    ['sent a moment ago', open, {}, { kind: 'wait', why: 'block' }],
    ['signed by a process that died', flight({ sentMs: undefined }), {}, { kind: 'send' }],
    [
      'another call’s, signed by one that died',
      flight({ sentMs: undefined }, { callDigest: other }),
      {},
      { kind: 'send' },
    ],
    ['another call’s, waiting', flight({}, { callDigest: other }), {}, { kind: 'wait', why: 'block' }],
    [
      'another call’s, of no use now',
      flight({}, { callDigest: other }),
      { isObsolete: true },
      { kind: 'sign', nonce: 5, why: 'obsolete' },
    ],
    [
      'another call’s, in a block',
      flight({}, { callDigest: other }),
      { minedCount: 6, pendingCount: 6 },
      { kind: 'sign', nonce: 6, why: 'first' },
    ],
    ['dropped', flight({ sentMs: 98_000 }), { isKnown: false }, { kind: 'send' }],
    ['not known a moment after the send', open, { isKnown: false }, { kind: 'wait' }],
    ['no place left for it', open, { minedCount: 6, pendingCount: 6 }, { kind: 'sign', nonce: 6, why: 'passed' }],
    ['stuck', flight({ signedMs: 90_000 }), {}, { kind: 'sign', nonce: 5, why: 'stuck' }],
    ['base fee above what it pays', flight({ signedMs: 97_000 }), { baseFee: 81n }, { kind: 'sign', why: 'stuck' }],
    ['base fee just above', open, { baseFee: 81n }, { kind: 'wait' }],
    ['underpriced', flight({ isUnderpriced: true }), {}, { kind: 'sign', nonce: 5, why: 'underpriced' }],
    ['a gap before it', flight({ signedMs: 97_000 }, { nonce: 7 }), {}, { kind: 'sign', nonce: 5, why: 'gap' }],
    ['behind others of the account', flight({}, { nonce: 7 }), { pendingCount: 8 }, { kind: 'wait' }],
    [
      'behind others for too long',
      flight({ signedMs: 90_000 }, { nonce: 7 }),
      { pendingCount: 8 },
      { kind: 'sign', nonce: 5, why: 'gap' },
    ],
    ['too little to pay', undefined, { balance: 999n }, { kind: 'wait', why: 'funds' }],
    ['just enough', undefined, { balance: 1_000n }, { kind: 'sign' }],
    ['too little for the data', undefined, { balance: 1_000n, dataFee: 1n }, { kind: 'wait', why: 'funds' }],
    ['stuck at the cap', flight({ signedMs: 90_000 }, { maxFeePerGas: 1_000n }), {}, { kind: 'wait', why: 'fee-cap' }],
    [
      'stuck at the cap and dropped',
      flight({ signedMs: 90_000, sentMs: 90_000 }, { maxFeePerGas: 1_000n }),
      { isKnown: false },
      { kind: 'send' },
    ],
    [
      'a market above the cap',
      undefined,
      { price: { maxFeePerGas: 9_999n, maxPriorityFeePerGas: 9_999n } },
      { kind: 'sign', fees: { maxFeePerGas: 1_000n, maxPriorityFeePerGas: 1_000n } },
    ],
  ])('%s', (_, opened, seen, step) => {
    expect(nextStep(wanted, opened, { ...view, ...seen }, rules)).toMatchObject(step);
  });
});

const fee = fc.bigInt({ min: 0n, max: 3_000n });
const fees = fc
  .record({ maxFeePerGas: fee, maxPriorityFeePerGas: fee })
  .filter(({ maxFeePerGas, maxPriorityFeePerGas }) => maxPriorityFeePerGas <= maxFeePerGas);
const views: fc.Arbitrary<ChainView> = fc
  .record({
    nowMs: fc.integer({ min: 0, max: 60_000 }),
    minedCount: fc.nat(8),
    waiting: fc.nat(3),
    isMined: fc.boolean(),
    isKnown: fc.boolean(),
    gas: fc.option(fc.bigInt({ min: 1n, max: 100n }), { nil: undefined }),
    isObsolete: fc.boolean(),
    price: fees,
    baseFee: fee,
    balance: fc.bigInt({ min: 0n, max: 200_000n }),
    dataFee: fc.bigInt({ min: 0n, max: 20_000n }),
  })
  .map(({ waiting, ...seen }) => ({ ...seen, pendingCount: seen.minedCount + waiting }));
const flights: fc.Arbitrary<Flight | undefined> = fc.option(
  fc
    .record({
      intent: fc.tuple(fees, fc.nat(10), fc.constantFrom(wanted, other)),
      signedMs: fc.integer({ min: 0, max: 60_000 }),
      sentMs: fc.option(fc.integer({ min: 0, max: 60_000 }), { nil: undefined }),
      isUnderpriced: fc.boolean(),
    })
    .map(({ intent: [paid, nonce, callDigest], ...rest }) => ({
      ...rest,
      intent: { ...paid, nonce, callDigest, gas: 10n },
    })),
  { nil: undefined },
);
const runs = { numRuns: 5_000 };

describe('whatever the chain shows', () => {
  it('it never pays above the cap, above its balance, or a tip above the fee', () => {
    fc.assert(
      fc.property(flights, views, (opened, seen) => {
        const step = nextStep(wanted, opened, seen, rules);
        if (step.kind !== 'sign') return;
        expect(step.fees.maxFeePerGas).toBeLessThanOrEqual(rules.feePerGasMax);
        expect(step.fees.maxPriorityFeePerGas).toBeLessThanOrEqual(step.fees.maxFeePerGas);
        expect(step.fees.maxFeePerGas * (seen.gas ?? 0n) + seen.dataFee).toBeLessThanOrEqual(seen.balance);
      }),
      runs,
    );
  });

  it('it signs for a free nonce, or replaces its own transaction with at least 10 % more', () => {
    fc.assert(
      fc.property(flights, views, (opened, seen) => {
        const step = nextStep(wanted, opened, seen, rules);
        if (step.kind !== 'sign') return;
        expect(step.nonce).toBeGreaterThanOrEqual(seen.minedCount);
        expect(step.nonce).toBeLessThanOrEqual(Math.max(seen.pendingCount, opened?.intent.nonce ?? 0));
        if (opened === undefined || step.nonce !== opened.intent.nonce || opened.intent.nonce < seen.minedCount) return;
        expect(step.fees.maxFeePerGas * 100n).toBeGreaterThanOrEqual(opened.intent.maxFeePerGas * 110n);
      }),
      runs,
    );
  });

  it('it signs nothing for a call that is in a block or that the contract refuses', () => {
    fc.assert(
      fc.property(flights, views, (opened, seen) => {
        const { kind } = nextStep(wanted, opened, seen, rules);
        if (seen.isMined) expect(kind).toBe('mined');
        else if (seen.gas === undefined) expect(kind).toBe('refused');
      }),
      runs,
    );
  });

  it('with funds and fees under the cap it does not wait longer than its patience', () => {
    fc.assert(
      fc.property(flights, views, (opened, seen) => {
        const patient = { ...seen, isMined: false, gas: 10n, balance: 10n ** 18n, nowMs: 200_000 };
        const cheap = opened === undefined || opened.intent.maxFeePerGas < 700n;
        if (cheap) expect(nextStep(wanted, opened, patient, rules).kind).toMatch(/sign|send/);
      }),
      runs,
    );
  });

  it('repeated replacement ends at the cap after a bounded number of times', () => {
    const market: Fees = { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n };
    let paid: Fees | undefined = market;
    let times = 0;
    for (let next: Fees | undefined = paid; next !== undefined; times++) {
      paid = next;
      next = feesAbove(market, paid, rules);
    }
    expect(paid.maxFeePerGas).toBeLessThanOrEqual(rules.feePerGasMax);
    expect(times).toBeLessThan(40);
  });
});

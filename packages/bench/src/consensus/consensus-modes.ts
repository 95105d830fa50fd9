/** The modes of the consensus bench. */
import type { Mode } from './bench-network.ts';

/** Three of four operators must agree, so with one silent, a slow one delays each task twice. */
export const modes: readonly Mode[] = [
  { name: 'well', silent: [], slowMs: {} },
  { name: 'one-silent', silent: [3], slowMs: {} },
  { name: 'one-slow', silent: [], slowMs: { 3: 500 } },
  { name: 'one-silent-one-slow', silent: [3], slowMs: { 2: 25 } },
];

/** Where everything is: the regions, their addresses, and who runs in each. */

/** A region: its own network namespace, a server of NATS, a gateway, a cache, and operators. */
export interface Region {
  readonly index: number;
  readonly namespace: string;
  readonly address: string;
  /** Indices of the operators that run there. */
  readonly operators: readonly number[];
}

/** No region that a test cuts off may hold a third of the weight, or the others have no quorum without it. */
const operatorsOf = [[0, 1], [2], [3]];

export const regions: readonly Region[] = operatorsOf.map((operators, index) => ({
  index,
  namespace: `assay-region-${index}`,
  address: `10.77.0.${index + 1}`,
  operators,
}));

/** As many as NATS has users for; the aggregator of an index is in the region of that index. */
export const aggregatorCount = 2;

/** The region that a test cuts off: an operator of four, and an aggregator. */
export const cutIndex = 1;

/** Operators of the network; all have the same weight. */
export const operatorCount = operatorsOf.flat().length;

/** Clients and the chain: neither is in a region. */
export const outside = { address: '10.77.0.254' } as const;

/** The device that leads to other regions, in every namespace. */
export const device = 'assaywan';

/** Ports of a region at its address on the wide area network. */
export const ports = { cluster: 6_222, leaves: 7_422, gateway: 8_080 } as const;

/** The cache of a service without Redis: it stores nothing and reports `degraded`. */
import type { Cache } from '@assay/protocol/ports';

export const absentCache: Cache = {
  get: () => Promise.resolve(undefined),
  getMany: (keys) => Promise.resolve(keys.map(() => undefined)),
  set: () => Promise.resolve(),
  setMany: () => Promise.resolve(),
  replace: () => Promise.resolve('unavailable'),
  delete: () => Promise.resolve(),
  isDegraded: () => true,
  close: () => Promise.resolve(),
};

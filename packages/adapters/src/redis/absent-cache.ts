/** The cache of a service that was given none: it holds nothing, and says so. */
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

/**
 * Values that are computed once, when an object is loaded, and kept with it. The object is frozen, so that they stay true;
 * they are hidden from copies, JSON and comparisons, so that a changed copy never carries them.
 */

/** Freezes a value of plain objects and arrays, whole, and keeps what was computed from it under a key. */
export function frozenWith<T extends object>(value: T, key: symbol, computed: object): T {
  if (Object.isFrozen(value)) return value;
  Object.defineProperty(value, key, { value: computed, enumerable: false });
  return freezeWhole(value);
}

/** What was computed from this very object; undefined if it was not loaded. */
export function computedOf<Computed extends object>(value: object, key: symbol): Computed | undefined {
  return Reflect.get(value, key) as Computed | undefined;
}

function freezeWhole<T extends object>(value: T): T {
  for (const part of Object.values(value))
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) freezeWhole(part as object);
  return Object.freeze(value);
}

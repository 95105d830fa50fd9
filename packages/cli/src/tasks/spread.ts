/** A sample of a list. Pure. */

/** So many entries, spread evenly over the list. */
export function spread<T>(all: readonly T[], count: number): Set<T> {
  const wanted = Math.min(count, all.length);
  const places = new Set(
    Array.from({ length: wanted }, (_, index) => Math.floor(((index + 0.5) * all.length) / wanted)),
  );
  return new Set(all.filter((_, index) => places.has(index)));
}

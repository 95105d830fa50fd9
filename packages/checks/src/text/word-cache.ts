/** Caches for functions of frequent words. They change the time, never the result. */

const entriesMax = 16_384;
/** Longer texts rarely repeat, and a slice of a long text would keep the whole text in memory. */
const keyCharsMax = 12;

/** A function of one text that caches results for short ones; the cache is cleared when it is full. */
export function remembered<Value>(compute: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, { readonly value: Value }>();
  return (text) => {
    if (text.length > keyCharsMax) return compute(text);
    const found = known.get(text);
    if (found !== undefined) return found.value;
    if (known.size >= entriesMax) known.clear();
    const value = compute(text);
    known.set(text, { value });
    return value;
  };
}

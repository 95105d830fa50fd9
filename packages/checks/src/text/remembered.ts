/** What is worth remembering of words that come again and again. Changes how long an answer takes, never the answer. */

const entriesMax = 16_384;
/** Longer texts hardly come again, and a piece of a long text would keep the whole of it in memory. */
const keyCharsMax = 12;

/** A function of one text that remembers what it gave for short ones; it forgets all of it when that gets too much. */
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

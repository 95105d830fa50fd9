/**
 * The JSON form of books, events and effects, exact both ways: bigints, bytes, maps and sets are objects with one key that
 * begins with `$`; a policy of the network goes by its name. Bytes that are UTF-8 stay readable.
 */

import { fromHex, toHex } from '@assay/protocol/encoding/bytes';
import type { Policy } from '@assay/protocol/policy/policy';

type Policies = ReadonlyMap<string, Policy>;

const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const bytes = new TextEncoder();

/** The JSON text of a value. Throws on what has no JSON form. */
export function toJson(value: unknown, policies: Policies): string {
  const names = new Map<unknown, string>([...policies].map(([name, policy]) => [policy, name]));
  return JSON.stringify(value, function (this: Record<string, unknown>, key) {
    // Not what is handed in: Node's own bytes have turned themselves into something else by then.
    return formOf(this[key], names);
  });
}

function formOf(value: unknown, names: ReadonlyMap<unknown, string>): unknown {
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map) return { $map: [...value] };
  if (value instanceof Set) return { $set: [...value] };
  if (value instanceof Uint8Array) return formOfBytes(value);
  const name = names.get(value);
  if (name !== undefined) return { $policy: name };
  // What others sent may look like one of these forms.
  return looksLikeForm(value) ? { $object: Object.entries(value) } : value;
}

function looksLikeForm(value: object): boolean {
  const [key, more] = Object.keys(value);
  return key !== undefined && more === undefined && key.startsWith('$');
}

function formOfBytes(value: Uint8Array): { $text: string } | { $hex: string } {
  try {
    return { $text: text.decode(value) };
  } catch {
    return { $hex: toHex(value) };
  }
}

/** The value of a JSON text that {@link toJson} made. Throws on other text, and on a policy that is not there. */
export function fromJson(json: string, policies: Policies): unknown {
  return JSON.parse(json, (_, one: unknown) => read(one, policies));
}

function read(form: unknown, policies: Policies): unknown {
  if (typeof form !== 'object' || form === null || Array.isArray(form) || !looksLikeForm(form)) return form;
  const [[kind, value]] = Object.entries(form) as [[string, never]];
  switch (kind) {
    case '$bigint':
      return BigInt(value);
    case '$map':
      return new Map(value);
    case '$set':
      return new Set(value);
    case '$text':
      return bytes.encode(value);
    case '$hex':
      return fromHex(value);
    case '$object':
      return Object.fromEntries(value);
    case '$policy': {
      const policy = policies.get(value);
      if (policy === undefined) throw new TypeError(`There is no policy "${String(value)}".`);
      return policy;
    }
    default:
      throw new TypeError(`"${kind}" is no form of a value.`);
  }
}

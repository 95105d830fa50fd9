/** Requests made from an OpenAPI document by a seed: what fits it, what almost fits it, and garbage. */
import fc from 'fast-check';
import { SeededRandom } from '../sim/seeded-random.ts';

type Schema = {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
};

interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly schema: Schema;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } };
}

/** The part of the document that is read. */
export interface Described {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

/** One request. */
export interface Generated {
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What earlier answers named, by the name of the parameter, and bodies that fit, by operation. */
export interface Known {
  readonly ids: Readonly<Record<string, readonly string[]>>;
  readonly bodies: Readonly<Record<string, unknown>>;
  readonly token: string;
}

const depthMax = 6;
const garbage: readonly [unknown, ...unknown[]] = [
  null,
  0,
  -1,
  1.5,
  1e308,
  2 ** 63,
  true,
  '',
  ' ',
  '\ud800',
  '\u0000',
  '../../etc/passwd',
  'x'.repeat(5_000),
  '🙂'.repeat(300),
  [],
  {},
  [[[[[[]]]]]],
  { constructor: { prototype: 1 } },
];
const strangePaths: readonly [string, ...string[]] = [
  '%00',
  '%zz',
  '..',
  '%2e%2e%2f',
  'x'.repeat(3_000),
  '0x',
  '💥',
  '*',
  'a.b.>',
  '%E2%82',
];
const strangeBodies: readonly [string, ...string[]] = [
  '{"a":',
  'null',
  '[]',
  '"text"',
  '['.repeat(20_000),
  '{"__proto__":{"a":1}}',
  '1e999999',
  '{"a":1,"a":2}',
  '\ufeff{}',
];
const longestWaitMs = 20;
const textsOfPattern = 16;

/** Generates requests. The same seed and knowledge give the same request. */
export class RequestGenerator {
  readonly #document: Described;
  readonly #random: SeededRandom;
  readonly #matching = new Map<string, readonly string[]>();

  constructor(document: Described, seed: string) {
    this.#document = document;
    this.#random = new SeededRandom(seed);
  }

  /** All operations, as `POST /v1/tasks`. */
  get operations(): string[] {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** A request of an operation. */
  next(operation: string, known: Known): Generated {
    const [method = '', template = ''] = operation.split(' ');
    const described = this.#document.paths[template]?.[method.toLowerCase()];
    const parameters = described?.parameters ?? [];
    const path = template.replaceAll(/\{(\w+)\}/g, (_, name: string) => this.#pathPart(name, parameters, known));
    const query = parameters
      .filter((one) => one.in === 'query' && this.#random.chance(0.5))
      .map((one) => `${one.name}=${encodeURIComponent(this.#queryValue(one))}`);
    const schema = described?.requestBody?.content['application/json'].schema;
    // Node sends what a DELETE carries without its length.
    const body = method === 'GET' || method === 'DELETE' ? undefined : this.#body(operation, schema, known);
    const authorization = this.#random.chance(0.9)
      ? `Bearer ${known.token}`
      : this.#random.pick(['', 'Bearer ', 'Basic x', `Bearer ${'a'.repeat(9_000)}`]);
    return {
      operation,
      method,
      path: query.length === 0 ? path : `${path}?${query.join('&')}`,
      headers: {
        ...(authorization === '' ? {} : { authorization }),
        ...(body === undefined
          ? {}
          : {
              'content-type': this.#random.chance(0.97) ? 'application/json' : this.#random.pick(['text/plain', 'x']),
            }),
      },
      body,
    };
  }

  #pathPart(name: string, parameters: readonly Parameter[], { ids }: Known): string {
    const seen = ids[name] ?? [];
    const [first, ...others] = seen;
    if (first !== undefined && this.#random.chance(0.6)) return this.#random.pick([first, ...others]);
    if (this.#random.chance(0.3)) return this.#random.pick(strangePaths);
    const schema = parameters.find((one) => one.in === 'path' && one.name === name)?.schema ?? {};
    return encodeURIComponent(String(this.#valueOf(schema, 0)).toWellFormed());
  }

  #queryValue({ name, schema }: Parameter): string {
    if (this.#random.chance(0.3)) return String(this.#random.pick(garbage)).toWellFormed();
    // Waiting is what a client may ask for: the run would last for hours.
    if (name === 'waitMs') return String(this.#random.integer(0, longestWaitMs));
    return String(this.#valueOf(schema, 0)).toWellFormed();
  }

  #body(operation: string, schema: Schema | undefined, { bodies }: Known): string | undefined {
    if (this.#random.chance(0.05)) return this.#random.pick(strangeBodies);
    if (schema === undefined) return this.#random.chance(0.5) ? undefined : '{}';
    const fit = bodies[operation];
    const value = fit !== undefined && this.#random.chance(0.5) ? structuredClone(fit) : this.#valueOf(schema, 0);
    const changes = this.#random.integer(0, 2);
    let changed = value;
    for (let change = 0; change < changes; change++) changed = this.#changed(changed);
    return JSON.stringify(changed);
  }

  /** The value with one place of it changed, left out, doubled or replaced by garbage. */
  #changed(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.#random.chance(0.1)) return this.#random.pick(garbage);
    if (Array.isArray(value)) {
      const at = this.#random.integer(0, Math.max(0, value.length - 1));
      if (value.length === 0 || this.#random.chance(0.2)) return [...value, ...value, this.#random.pick(garbage)];
      return value.map((one: unknown, index) => (index === at ? this.#changed(one) : one));
    }
    const [first, ...others] = Object.keys(value);
    if (first === undefined || this.#random.chance(0.1)) return { ...value, unheardOf: this.#random.pick(garbage) };
    const name = this.#random.pick([first, ...others]);
    const one: unknown = Reflect.get(value, name);
    if (this.#random.chance(0.25)) return { ...value, [name]: undefined };
    return { ...value, [name]: this.#changed(one) };
  }

  /** A value that mostly fits a schema. */
  #valueOf(schema: Schema, depth: number): unknown {
    const { $ref } = schema;
    if ($ref !== undefined) return this.#valueOf(this.#named($ref), depth);
    if (schema.const !== undefined) return schema.const;
    const [first, ...others] = schema.enum ?? [];
    if (first !== undefined) return this.#random.pick([first, ...others]);
    const [one, ...more] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
    if (one !== undefined) return this.#valueOf(this.#random.pick([one, ...more]), depth);
    const type = Array.isArray(schema.type) ? schema.type[0] : schema.type;
    if (type === 'object') return this.#objectOf(schema, depth);
    if (type === 'array') return this.#arrayOf(schema, depth);
    if (type === 'integer' || type === 'number') return this.#numberOf(schema);
    if (type === 'boolean') return this.#random.chance(0.5);
    if (type === 'string') return this.#textOf(schema);
    return this.#random.pick(garbage);
  }

  #named(ref: string): Schema {
    return this.#document.components.schemas[ref.split('/').at(-1) ?? ''] ?? {};
  }

  #objectOf({ properties = {}, required = [] }: Schema, depth: number): object {
    const wanted = Object.entries(properties).filter(
      ([name]) => required.includes(name) || (depth < depthMax && this.#random.chance(0.5)),
    );
    return Object.fromEntries(wanted.map(([name, one]) => [name, this.#valueOf(one, depth + 1)]));
  }

  #arrayOf({ items = {}, minItems = 0, maxItems = 3 }: Schema, depth: number): unknown[] {
    const most = depth < depthMax ? Math.max(minItems, Math.min(maxItems, minItems + 2)) : minItems;
    return Array.from({ length: this.#random.integer(minItems, most) }, () => this.#valueOf(items, depth + 1));
  }

  #numberOf({ minimum = 0, maximum = 1_000 }: Schema): number {
    return this.#random.pick([
      minimum,
      maximum,
      Math.min(maximum, minimum + 1),
      this.#random.integer(minimum, maximum),
    ]);
  }

  /** Some texts that match a pattern; making each anew would take most of a run's time. */
  #textsOf(pattern: string): readonly string[] {
    const made = this.#matching.get(pattern);
    if (made !== undefined) return made;
    const seed = this.#random.integer(0, 2 ** 31 - 1);
    const texts = fc.sample(fc.stringMatching(new RegExp(pattern)), { numRuns: textsOfPattern, seed });
    this.#matching.set(pattern, texts);
    return texts;
  }

  #textOf({ pattern, minLength = 0, maxLength = 40 }: Schema): string {
    if (pattern !== undefined) {
      const [first = '', ...others] = this.#textsOf(pattern);
      return this.#random.pick([first, ...others]);
    }
    const length = this.#random.integer(minLength, Math.max(minLength, Math.min(maxLength, 40)));
    return Array.from({ length }, () => this.#random.pick(['a', 'B', '7', ' ', 'é', '漢', '"', '\\', '-'])).join('');
  }
}

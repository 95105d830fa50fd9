/** The tree is the architecture: this test holds the rules of docs/architecture.md, so that nobody has to remember them. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../', import.meta.url));

/** What each package may import of the others. Services may import every package but the command line. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  contracts: [],
  checks: ['protocol'],
  aggregation: ['protocol'],
  'session-keys': ['protocol'],
  adapters: ['protocol', 'contracts'],
  runtime: ['protocol', 'session-keys'],
  composition: ['protocol', 'checks', 'session-keys', 'adapters', 'runtime'],
  sdk: ['protocol', 'session-keys', 'contracts'],
  mcp: ['protocol', 'sdk'],
  explorer: ['protocol', 'sdk'],
  cli: [
    'protocol',
    'checks',
    'aggregation',
    'session-keys',
    'contracts',
    'adapters',
    'runtime',
    'composition',
    'sdk',
    'mcp',
  ],
  bench: ['protocol', 'checks', 'session-keys', 'contracts', 'adapters', 'runtime', 'composition', 'sdk', 'cli'],
  service: ['protocol', 'checks', 'aggregation', 'session-keys', 'adapters', 'runtime', 'composition', 'sdk'],
};

/** Packages whose code must give the same result on any machine at any time. */
const pure = ['protocol', 'checks', 'aggregation', 'session-keys'];

/** The folder or file of adapters that may name a vendor's library. */
const vendorPlaces: Readonly<Record<string, string>> = {
  '@nats-io/': 'nats/',
  ioredis: 'redis/',
  viem: 'evm/',
  ox: 'keys/keystore-file',
  '@huggingface/transformers': 'model/',
  fastify: 'http/http-server',
  pino: 'telemetry/logger',
  'prom-client': 'telemetry/metrics',
  pg: 'postgres/report-archive',
  'node-pg-migrate': 'postgres/report-archive',
  'rate-limiter-flexible': 'redis/rate-limiter',
  secp256k1: 'keys/fast-primitives',
  'hash-wasm': 'keys/fast-primitives',
};

interface SourceFile {
  /** Path from the root. */
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

const sources: SourceFile[] = globSync(['packages/*/src/**/*.{ts,tsx}', 'services/*/src/**/*.ts', 'test/**/*.ts'], {
  cwd: root,
})
  .filter((path) => !/(^|\/)(node_modules|dist|generated)\//.test(path))
  .map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const imports = [
      ...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm),
    ];
    return { path, text, imports: imports.map((match) => match[1] ?? match[2] ?? match[3] ?? '') };
  });
const product = sources.filter(({ path }) => !path.startsWith('test/'));
const isTest = (path: string) => /\.(test|fixture|property)\.ts$/.test(path) || path.startsWith('test/');

/** `packages/adapters/src/x.ts` is of `adapters`, `services/gateway/src/x.ts` of `service`. */
const houseOf = (path: string) => (path.startsWith('services/') ? 'service' : (path.split('/')[1] ?? ''));

/** Lines `file: what is wrong`, so that a failure names every place at once. */
function found(files: readonly SourceFile[], wrong: (file: SourceFile) => readonly string[]): string[] {
  return files.flatMap((file) => wrong(file).map((what) => `${file.path}: ${what}`));
}

describe('imports', () => {
  it('run one way between the houses', () => {
    const wrong = found(product, ({ path, imports }) => {
      const allowed = mayImport[houseOf(path)] ?? [];
      const own = houseOf(path) === 'service' ? '' : houseOf(path);
      return imports
        .filter((name) => name.startsWith('@assay/'))
        .filter((name) => {
          const house = name.split('/')[1] ?? '';
          return house !== own && !allowed.includes(house);
        });
    });
    expect(wrong).toEqual([]);
  });

  it('do not leave their package by a path', () => {
    const wrong = found(product, ({ path, imports }) => {
      const home = path.split('/').slice(0, 2).join('/');
      return imports.filter(
        (name) => name.startsWith('.') && !normalize(join(dirname(path), name)).startsWith(`${home}/`),
      );
    });
    expect(wrong).toEqual([]);
  });

  it('name adapters in main files of services and of their threads only', () => {
    const services = product.filter(
      ({ path }) =>
        path.startsWith('services/') && !isTest(path) && !['main.ts', 'check-thread.ts'].includes(basename(path)),
    );
    expect(found(services, ({ imports }) => imports.filter((name) => name.startsWith('@assay/adapters/')))).toEqual([]);
  });

  it('name a vendor of the adapters in its own files only', () => {
    const adapters = product.filter(({ path }) => path.startsWith('packages/adapters/') && !isTest(path));
    const wrong = found(adapters, ({ path, imports }) =>
      imports.filter((name) =>
        Object.entries(vendorPlaces).some(
          ([vendor, place]) =>
            (name === vendor || name.startsWith(vendor.endsWith('/') ? vendor : `${vendor}/`)) &&
            !path.startsWith(`packages/adapters/src/${place}`),
        ),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('make no circle', () => {
    const byPath = new Map(product.map((file) => [file.path, file]));
    const done = new Set<string>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (way.includes(path)) circles.push([...way.slice(way.indexOf(path)), path].join(' → '));
      if (done.has(path) || way.includes(path)) return;
      for (const name of byPath.get(path)?.imports ?? []) {
        if (name.startsWith('.')) visit(normalize(join(dirname(path), name)), [...way, path]);
      }
      done.add(path);
    };
    for (const { path } of product) visit(path, []);
    expect(circles).toEqual([]);
  });

  it('are of declared dependencies, and every dependency is imported, or a service that the command starts', () => {
    const wrong: string[] = [];
    const services = readdirSync(join(root, 'services')).map((name) => `@assay/${name}`);
    for (const manifest of globSync(['packages/*/package.json', 'services/*/package.json'], { cwd: root })) {
      const home = dirname(manifest);
      const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, manifest), 'utf8'));
      // The page of the explorer is bundled: whoever installs it needs none of its packages.
      const declared = Object.keys(home === 'packages/explorer' ? devDependencies : dependencies);
      const own = product.filter(({ path }) => path.startsWith(`${home}/`));
      const used = new Set(own.filter(({ path }) => !isTest(path)).flatMap(({ imports }) => imports.map(packageOf)));
      const isOutside = (name: string) =>
        !name.startsWith('.') && !name.startsWith('node:') && !builtinModules.includes(name);
      for (const name of [...used].filter(isOutside))
        if (!declared.includes(name)) wrong.push(`${manifest} lacks ${name}`);
      const text = own.map((file) => file.text).join('\n');
      const solidity = home === 'packages/contracts';
      const started = home === 'packages/cli' ? services : [];
      for (const name of declared)
        if (!used.has(name) && !solidity && !started.includes(name) && !text.includes(name))
          wrong.push(`${manifest} does not need ${name}`);
      for (const name of started) if (!declared.includes(name)) wrong.push(`${manifest} starts ${name} and lacks it`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('what validators agree on', () => {
  it('uses no value that each process may tune', () => {
    const agreed = product.filter(
      ({ path }) =>
        ['protocol', 'checks', 'session-keys'].includes(houseOf(path)) &&
        !isTest(path) &&
        !['packages/protocol/src/backoff.ts', 'packages/protocol/src/tuning.ts'].includes(path),
    );
    expect(agreed.length).toBeGreaterThan(100);
    expect(found(agreed, ({ imports }) => imports.filter((name) => /\btuning(\.ts)?$/.test(name)))).toEqual([]);
  });

  it('keeps no state of the process, but the choice of primitives that a program makes at its start', () => {
    const protocol = product.filter(({ path }) => houseOf(path) === 'protocol' && !isTest(path));
    const state = found(protocol, ({ path, text }) =>
      path === 'packages/protocol/src/signature/primitives.ts'
        ? []
        : (text.match(/\bnew WeakMap\b|^(export )?let .*$|^const \w+ = new (Map|Set)<[^(]*>\(\);$/gm) ?? []),
    );
    expect(state).toEqual([]);
  });
});

describe('the pure packages', () => {
  const files = product.filter(({ path }) => pure.includes(houseOf(path)) && !isTest(path));

  it('ask nothing of the machine', () => {
    const wrong = found(files, ({ imports, text }) => [
      ...imports.filter((name) => name.startsWith('node:')),
      ...(text.match(/\b(Date\.now|Math\.random|performance\.now|process\.env|setTimeout|new Date\(\)|fetch\()/g) ??
        []),
    ]);
    expect(wrong).toEqual([]);
  });
});

/** Files that hand the environment on to a child process and read no setting from it. */
const handsEnvironmentOn = ['packages/adapters/src/process/child-server.ts', 'packages/contracts/src/forge.ts'];

describe('settings', () => {
  it('are read from the environment by main files and the command line only', () => {
    const mayRead = (path: string) =>
      isTest(path) ||
      basename(path) === 'main.ts' ||
      ['cli', 'bench'].includes(houseOf(path)) ||
      handsEnvironmentOn.includes(path);
    const files = product.filter(({ path }) => !mayRead(path));
    expect(found(files, ({ text }) => (text.includes('process.env') ? ['process.env'] : []))).toEqual([]);
  });
});

describe('names', () => {
  it('say what is in a file', () => {
    const wrong = sources.filter(({ path }) =>
      /(^|[/.-])(utils?|helpers?|commons?|managers?|misc|index)([/.-]|$)/.test(path),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  it('are not handed on by re-exporting files', () => {
    expect(found(product, ({ text }) => text.match(/^export \* from .*$/gm) ?? [])).toEqual([]);
  });
});

describe('errors', () => {
  it('become text in one place, which hides keys in addresses', () => {
    const elsewhere = product.filter(({ path }) => path !== 'packages/protocol/src/error-text.ts' && !isTest(path));
    expect(found(elsewhere, ({ text }) => text.match(/instanceof Error \? \w+\.(message|stack)\b/g) ?? [])).toEqual([]);
  });
});

describe('sizes', () => {
  it('stay at 20 source files a folder, tests and fixtures aside', () => {
    const counts = new Map<string, number>();
    const others = globSync(
      ['setup/**/*.mjs', 'deploy/**/*.{ts,mjs}', 'release/*.ts', 'packages/*/solidity/**/*.sol'],
      {
        cwd: root,
        exclude: (path) => path.includes('node_modules'),
      },
    );
    const own = sources.map(({ path }) => path).filter((path) => !isTest(path));
    for (const path of [...own, ...others]) counts.set(dirname(path), (counts.get(dirname(path)) ?? 0) + 1);
    expect(counts.size).toBeGreaterThan(50);
    expect([...counts].filter(([, files]) => files > 20)).toEqual([]);
  });

  it('stay under 400 lines a file', () => {
    const wrong = sources.filter(({ text }) => text.split('\n').length > 401);
    expect(wrong.map(({ path, text }) => `${path}: ${text.split('\n').length} lines`)).toEqual([]);
  });
});

describe('what is left over', () => {
  it('is nothing', () => {
    const marks = new RegExp(
      `\\b(${['TO' + 'DO', 'FIX' + 'ME', 'XX' + 'X', 'HA' + 'CK'].join('|')})\\b|@ts-(ignore|nocheck)|\\.(only)\\(`,
      'g',
    );
    expect(found(sources, ({ text }) => text.match(marks) ?? [])).toEqual([]);
  });
});

describe('dependencies', () => {
  it('have exact versions', () => {
    const wrong: string[] = [];
    for (const manifest of [
      'package.json',
      ...globSync(['packages/*/package.json', 'services/*/package.json'], { cwd: root }),
    ]) {
      const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(join(root, manifest), 'utf8'));
      for (const [name, version] of Object.entries<string>({ ...dependencies, ...devDependencies })) {
        if (!/^\d+\.\d+\.\d+$/.test(version)) wrong.push(`${manifest}: ${name} ${version}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});

describe("the README's tree", () => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const block = /```text tree\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const listed: { depth: number; path: string }[] = [];
  for (const match of block.matchAll(/^( *)([\w.-]+)\//gm)) {
    const depth = (match[1] ?? '').length;
    const parent = listed.findLast((one) => one.depth < depth);
    listed.push({ depth, path: join(parent?.path ?? '', match[2] ?? '') });
  }

  it('is on the disk', () => {
    expect(listed.length).toBeGreaterThan(10);
    expect(listed.filter(({ path }) => !existsSync(join(root, path))).map(({ path }) => path)).toEqual([]);
  });

  it('is the whole of packages, services and test', () => {
    const onDisk = ['packages', 'services', 'test'].flatMap((folder) =>
      readdirSync(join(root, folder), { withFileTypes: true })
        .filter((entry) => entry.isDirectory() && entry.name !== 'dist')
        .map((entry) => relative(root, join(root, folder, entry.name))),
    );
    expect(onDisk.filter((path) => !listed.some((one) => one.path === path))).toEqual([]);
  });
});

function packageOf(name: string): string {
  return name.startsWith('@') ? name.split('/').slice(0, 2).join('/') : (name.split('/')[0] ?? '');
}

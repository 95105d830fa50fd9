import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { filesLoadedBy, servicesLoading, sourcesIn } from './source-graph.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));

/** Sources by path, with what they import. */
const sources = (files: Readonly<Record<string, string>>) => (path: string) => files[path];

describe('the files that an entry loads', () => {
  it('are those of imports, dynamic imports and threads, through others', () => {
    const read = sources({
      'services/a/src/main.ts':
        "import { x } from './x.ts';\nentryBeside(import.meta.url, 'thread');\nawait import('@assay/protocol/dynamic');",
      'services/a/src/x.ts': "export {\n  y,\n} from '@assay/protocol/deep/y';",
      'services/a/src/thread.ts': "import './x.ts';\nimport { z } from 'zod';",
      'packages/protocol/src/deep/y.ts': '',
      'packages/protocol/src/dynamic.ts': "import { main } from './deep/y.ts';",
    });
    expect([...filesLoadedBy('services/a/src/main.ts', read)].sort()).toEqual([
      'packages/protocol/src/deep/y.ts',
      'packages/protocol/src/dynamic.ts',
      'services/a/src/main.ts',
      'services/a/src/thread.ts',
      'services/a/src/x.ts',
    ]);
  });

  it('are none used only for types, and a cycle ends', () => {
    const read = sources({
      'services/a/src/main.ts': "import type { T } from './types.ts';\nimport { x } from './x.ts';",
      'services/a/src/types.ts': '',
      'services/a/src/x.ts': "import { m } from './main.ts';",
    });
    expect([...filesLoadedBy('services/a/src/main.ts', read)]).toEqual([
      'services/a/src/main.ts',
      'services/a/src/x.ts',
    ]);
  });
});

describe('the services that load a file of this repository', () => {
  const services = readdirSync(join(root, 'services'));
  const loading = (path: string) => {
    expect(existsSync(join(root, path)), path).toBe(true);
    return [...servicesLoading([path], services, sourcesIn(root)).keys()];
  };

  it('are all for shared code, one for its own code, none for the command', () => {
    expect(loading('packages/protocol/src/encoding/bytes.ts').sort()).toEqual(services.sort());
    expect(loading('services/gateway/src/main.ts')).toEqual(['gateway']);
    expect(loading('packages/cli/src/main.ts')).toEqual([]);
  });

  it('are found through the thread of a check', () => {
    expect(loading('packages/checks/src/semantic/semantic-check.ts')).toContain('semantic-validator');
    expect(loading('packages/checks/src/semantic/semantic-check.ts')).not.toContain('checksum-verifier');
  });
});

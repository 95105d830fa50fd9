/** The Dockerfile's grammar and properties: pinned versions, no root, one service of many. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { root } from './kustomize.ts';

const text = readFileSync(join(root, 'deploy/Dockerfile'), 'utf8');
const said = (dockerfile: string) =>
  validate(dockerfile).map(({ message, range }) => `${range.start.line + 1}: ${JSON.stringify(message)}`);

describe('deploy/Dockerfile', () => {
  it('has no error', () => {
    expect(said(text)).toEqual([]);
  });

  it('would be found to have one if it had', () => {
    expect(said('FROM node:24\nRUNN npm ci')).toEqual([expect.stringContaining('RUNN')]);
  });

  it('uses pinned images, builds any service, and runs without root', () => {
    const [, image] = /^ARG NODE_IMAGE=(\S+)$/m.exec(text) ?? [];
    expect(image).toMatch(/:(?!latest$)\d[\w.-]*(@sha256:[0-9a-f]{64})?$/);
    const bases = [...text.matchAll(/^FROM\s+(\S+)/gm)].map(([, base]) => base);
    for (const base of bases) expect(base).toMatch(/^\$\{NODE_IMAGE\}$/);
    expect(text).toMatch(/^ARG SERVICE/m);
    expect([...text.matchAll(/^USER\s+(\S+)/gm)].at(-1)?.[1]).toMatch(/^\d{4,}(:\d{4,})?$/);
  });
});

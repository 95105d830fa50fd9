/** The Dockerfile's grammar and properties: pinned versions, no root, one service of many; what images keep of packages. */
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { join, matchesGlob } from 'node:path';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { modelPackages, unusedPackages } from '../../deploy/slim.ts';
import { importsOf } from './image-imports.ts';
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
    const stages = [...text.matchAll(/^FROM\s+\S+ AS (\S+)/gm)].map(([, stage]) => stage ?? '');
    const bases = [...text.matchAll(/^FROM\s+(\S+)/gm)].map(([, base]) => base);
    for (const base of bases) expect(stages.includes(base ?? '') || /^\$\{NODE_IMAGE\}$/.test(base ?? '')).toBe(true);
    expect(text).toMatch(/^ARG SERVICE/m);
    expect([...text.matchAll(/^USER\s+(\S+)/gm)].at(-1)?.[1]).toMatch(/^\d{4,}(:\d{4,})?$/);
  });

  it('takes from the context only what .dockerignore lets through', () => {
    const rules = readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n');
    const isSent = (path: string) =>
      rules.reduce((sent, rule) => {
        const pattern = rule.replace(/^!/, '');
        return matchesGlob(path, pattern) || path.startsWith(`${pattern}/`) ? rule.startsWith('!') : sent;
      }, true);
    const sources = [...text.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list]) => (list ?? '').split(' '));
    expect(sources).toContain('packages');
    expect(sources.filter((source) => !isSent(source))).toEqual([]);
  });

  it('installs and compiles once for all images, and again only for what changed', () => {
    const before = text.slice(0, text.indexOf('\nARG SERVICE'));
    expect(before.match(/npm ci/g)).toHaveLength(2);
    expect(before).toContain('turbo run build');
    for (const stage of before.split(/^FROM /m).filter((one) => one.includes('npm ci')))
      expect(stage.slice(0, stage.indexOf('npm ci'))).not.toMatch(/^COPY (?!--from)(?!package\.json)/m);
  });

  it('needs no registry for its own grammar, and no Node for a health check', () => {
    expect(text).not.toMatch(/^# *syntax *=/m);
    expect(/^HEALTHCHECK[^\n]*\\\n\s*CMD \["(\w+)"/m.exec(text)?.[1]).toBe('bash');
  });
});

describe('the packages that an image keeps', () => {
  const matches = (patterns: readonly string[], name: string) =>
    patterns.some((pattern) => matchesGlob(name, pattern) || matchesGlob(name, `${pattern}/*`));
  const services = readdirSync(join(root, 'services'));
  const vectors = 'packages/composition/src/vector-check.ts';
  /** Runs a language model of a folder. docs/inference.md says that images cannot. */
  const inProcess = 'packages/adapters/src/model/causal-model.ts';

  it.each(services)('are all that %s imports', (service) => {
    const entries = globSync(`services/${service}/src/{main,*-thread}.ts`, { cwd: root });
    const { files, packages } = importsOf(entries, { without: [inProcess] });
    expect([...packages].filter((name) => matches(unusedPackages, name))).toEqual([]);
    const hasModel = [...packages].some((name) => matches(modelPackages, name));
    expect([...importsOf(entries, { onlyAtStart: true }).files]).not.toContain(inProcess);
    // By this needs-model.mjs decides.
    expect(hasModel).toBe(files.has(vectors));
  });

  it('are all that the command imports to start, and to prepare a network', () => {
    const commands = ['set-up', 'provision', 'journal', 'bls-key'];
    const entries = ['main.ts', ...commands.map((name) => `commands/${name}-command.ts`)];
    const { files, packages } = importsOf(
      entries.map((file) => `packages/cli/src/${file}`),
      { onlyAtStart: true },
    );
    expect([...packages].filter((name) => matches([...unusedPackages, ...modelPackages], name))).toEqual([]);
    // Not in the image.
    expect([...files].filter((file) => file.startsWith('packages/bench/'))).toEqual([]);
  });
});

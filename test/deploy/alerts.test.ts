/** promtool tests of the alerts: each fires for its condition, and not for a healthy network. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alertGroups } from '../../deploy/generate/observability.ts';
import { root } from './kustomize.ts';
import { hasProgram } from './prometheus-server.ts';

const folder = join(root, 'deploy/prometheus');
const rules = alertGroups().flatMap((group) => group.rules);

describe.skipIf(!hasProgram('promtool'))('with promtool (Debian: prometheus)', () => {
  it('the rules are right, and their tests pass', () => {
    execFileSync('promtool', ['check', 'rules', join(folder, 'alerts.yaml')], { stdio: 'pipe' });
    execFileSync('promtool', ['test', 'rules', join(folder, 'alerts.test.yaml')], { stdio: 'pipe' });
  });
});

it('every alert is tested twice: that it fires, that it stays quiet', () => {
  const text = readFileSync(join(folder, 'alerts.test.yaml'), 'utf8');
  for (const { alert } of rules) {
    expect(text).toContain(`name: ${alert} fires`);
    expect(text).toContain(`name: ${alert} stays quiet`);
  }
});

import { describe, expect, it } from 'vitest';
import { plannedVersion, type ReleasePlan, withSection } from '../../release/changelog.ts';

const plan: ReleasePlan = {
  changesets: [
    { summary: 'A repair.\n\nIn two parts.', releases: [{ name: '@assay/sdk', type: 'patch' }] },
    { summary: 'A feature.', releases: [{ name: '@assay/cli', type: 'minor' }] },
  ],
  releases: [
    { name: '@assay/sdk', newVersion: '0.2.0' },
    { name: '@assay/cli', newVersion: '0.2.0' },
  ],
};

describe('the changelog', () => {
  it('gets a section above the earlier ones, by kind of change', () => {
    const text = withSection('# Changelog\n\nWords.\n\n## 0.1.0\n\n- Old.\n', plan);
    expect(text).toBe(
      '# Changelog\n\nWords.\n\n## 0.2.0\n\n### Minor\n\n- A feature.\n\n### Patch\n\n- A repair.\n\n  In two parts.\n\n## 0.1.0\n\n- Old.\n',
    );
  });

  it('gets its first section below what is there', () => {
    expect(withSection('# Changelog\n', plan)).toMatch(/^# Changelog\n\n## 0\.2\.0\n\n### Minor\n/);
  });

  it('is refused without changes, and where packages would part', () => {
    expect(() => plannedVersion({ changesets: [], releases: [] })).toThrow('There is no changeset');
    const apart = { ...plan, releases: [...plan.releases, { name: '@assay/x', newVersion: '0.1.1' }] };
    expect(() => plannedVersion(apart)).toThrow('0.2.0, 0.1.1');
  });
});

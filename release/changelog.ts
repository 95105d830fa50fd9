/** A section of CHANGELOG.md from what `changeset status --output` says. Pure. */

/** What this needs of a release plan. */
export interface ReleasePlan {
  readonly changesets: readonly {
    readonly summary: string;
    readonly releases: readonly { readonly name: string; readonly type: Bump }[];
  }[];
  readonly releases: readonly { readonly name: string; readonly newVersion: string }[];
}

type Bump = 'major' | 'minor' | 'patch' | 'none';

const bumps = ['major', 'minor', 'patch'] as const;

/** The one version that all packages get. Throws when there is none to release, or packages would get different ones. */
export function plannedVersion({ releases }: ReleasePlan): string {
  const versions = new Set(releases.map(({ newVersion }) => newVersion));
  const [version] = versions;
  if (version === undefined) throw new Error('There is no changeset: add one with "npx changeset".');
  if (versions.size > 1) throw new Error(`Packages would get different versions: ${[...versions].join(', ')}.`);
  return version;
}

/** The changelog with a section for the plan above the earlier ones. */
export function withSection(changelog: string, plan: ReleasePlan): string {
  const section = [`## ${plannedVersion(plan)}`];
  for (const bump of bumps) {
    const summaries = plan.changesets.filter(({ releases }) => largestOf(releases) === bump);
    if (summaries.length === 0) continue;
    section.push(`### ${bump[0]?.toUpperCase()}${bump.slice(1)}`, summaries.map(bulletOf).join('\n'));
  }
  const at = changelog.search(/^## /m);
  const [before, after] = at < 0 ? [`${changelog.trimEnd()}\n\n`, ''] : [changelog.slice(0, at), changelog.slice(at)];
  return `${before}${section.join('\n\n')}\n${after === '' ? '' : `\n${after}`}`;
}

function largestOf(releases: readonly { readonly type: Bump }[]): Bump {
  return bumps.find((bump) => releases.some(({ type }) => type === bump)) ?? 'none';
}

function bulletOf({ summary }: { readonly summary: string }): string {
  return `- ${summary.trim().replace(/\n(?=.)/g, '\n  ')}`;
}

/** A release of Assay with another check: a copy of the repository with one change, and its programs as bundles. */
import { join } from 'node:path';
import { copyRepository } from '../../roles/repository-copy.ts';
import { applyStep } from '../../roles/walk-through.ts';
import { fromSources } from '../../roles/walked-copy.ts';
import type { Bundles } from './bundle-in-copy.ts';

/** The release. */
export interface OtherRelease {
  /** The entry file of a service. */
  entryOf(service: string): string;
  /** Runs its `assay` command; resolves with the output. */
  assay(...words: readonly string[]): Promise<string>;
  remove(): void;
}

/** Makes a release whose source file `path` differs by the change of a diff. */
export async function releaseWith(path: string, diff: string): Promise<OtherRelease> {
  const copy = copyRepository();
  try {
    applyStep(copy.root, { subject: 'role', kind: 'change', path, text: diff });
    const printed = await copy.run([...fromSources, 'test/e2e/upgrade/bundle-in-copy.ts']);
    const { services, command } = JSON.parse(printed) as Bundles;
    return {
      entryOf: (service) => join(services, service, 'main.js'),
      assay: (...words) => copy.run([command, ...words]),
      remove: () => copy.remove(),
    };
  } catch (error) {
    copy.remove();
    throw error;
  }
}

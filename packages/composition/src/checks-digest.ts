/** The checks of this build, by the digest of their sources. */
import type { Hex } from '@assay/protocol/encoding/bytes';
import { digestOfChecks } from './checks-sources.ts';

/** Computed from the sources. A build and a bundle replace this module by one that states the digest (`build.mjs`). */
export const checksDigest: Hex = ofSources();

function ofSources(): Hex {
  if (import.meta.url.endsWith('.ts')) return digestOfChecks(new URL('../../../', import.meta.url));
  throw new Error('This build does not state the digest of its checks. Build it with "npm run build".');
}

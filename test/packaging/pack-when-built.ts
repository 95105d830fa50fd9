/** Packs packages once they are built: `npm test` builds them anyway, and two builds at once would each do the whole work. */
import { existsSync } from 'node:fs';
import { packPackages, type Tarball } from '../../release/pack.ts';
import { eventually } from '../integration/eventually.ts';

const buildMs = 300_000;

/** Packs into a folder like {@link packPackages}. */
export async function packWhenBuilt(folder: string, names?: readonly string[]): Promise<Tarball[]> {
  const built = process.env.ASSAY_BUILT;
  if (built !== undefined) await eventually('the built packages', () => existsSync(built), buildMs);
  return packPackages(folder, names);
}

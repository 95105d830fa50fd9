/** The policy files at hand: one, or a folder with one for each version, of which an epoch's digest names the right one. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from '@assay/protocol/network/validator-set';
import { type NetworkView, viewOf } from '@assay/runtime/service/network-view';
import { fromSetting, SettingsError } from '@assay/runtime/service/settings';
import { checksDigest } from './checks-digest.ts';

/**
 * Reads views of networks from the setting POLICIES_FILE, a file or a folder of files named `*.json`. The files are read
 * again for each network, so a file that is added serves the next epoch. Throws {@link SettingsError} if there are none.
 */
export function policyViews(place: string): (network: Network) => NetworkView {
  const read = () =>
    fromSetting('POLICIES_FILE', () => filesIn(place).map((file) => ({ file, text: readFileSync(file, 'utf8') })));
  read();
  return (network) => {
    const refusals: string[] = [];
    for (const { file, text } of read()) {
      try {
        return viewOf(network, text, file, checksDigest);
      } catch (error) {
        if (!(error instanceof SettingsError)) throw error;
        refusals.push(error.message);
      }
    }
    throw new SettingsError(refusals.join('; '));
  };
}

function filesIn(place: string): string[] {
  if (!statSync(place).isDirectory()) return [place];
  const names = readdirSync(place).filter((name) => name.endsWith('.json'));
  if (names.length === 0) throw new Error(`The folder ${place} has no file named *.json.`);
  return names.sort().map((name) => join(place, name));
}

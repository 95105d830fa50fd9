/** Definitions of the kinds that the overlays use beside Kubernetes's own, as their projects publish them. */
import { copyFileSync, existsSync, globSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { step } from '../containers/run.ts';
import { cache, download } from './modules.ts';
import { kedaModule } from './programs.ts';

/** The folder of the CustomResourceDefinitions. */
export const definitions = `${cache}/definitions`;

/** Modules whose releases carry the definitions of kinds, and where. */
const kinds = [
  { module: kedaModule, files: 'config/crd/bases/keda.sh_*.yaml' },
  {
    module: 'github.com/prometheus-operator/prometheus-operator@v0.85.0',
    files: 'example/prometheus-operator-crd/monitoring.coreos.com_{podmonitors,prometheusrules}.yaml',
  },
  {
    module: 'github.com/external-secrets/external-secrets@v1.3.2',
    files: 'config/crds/bases/external-secrets.io_{externalsecrets,secretstores}.yaml',
  },
] as const;

/** Brings them, unless they are there. */
export async function bringDefinitions(): Promise<void> {
  if (!existsSync(definitions)) await step('definitions of kinds', copyDefinitions);
}

async function copyDefinitions(): Promise<void> {
  const found: string[] = [];
  for (const { module, files } of kinds) {
    const { Dir } = await download(module);
    const those = globSync(files, { cwd: Dir }).map((file) => join(Dir, file));
    if (those.length === 0) throw new Error(`${module} has no ${files}.`);
    found.push(...those);
  }
  mkdirSync(definitions, { recursive: true });
  for (const file of found) copyFileSync(file, join(definitions, basename(file)));
}

/** Watches source files and groups changes that come together. */
import { existsSync, type FSWatcher, readdirSync, watch } from 'node:fs';
import { join } from 'node:path';

/** Longer than an editor takes to save several files, or one through a temporary file. */
const quietMs = 150;

/** `packages/…/src` and `services/…/src`, without build output. */
function sourceFolders(root: string): string[] {
  return ['packages', 'services']
    .flatMap((house) => readdirSync(join(root, house)).map((name) => join(house, name, 'src')))
    .filter((folder) => existsSync(join(root, folder)));
}

/** Sources of a package or service, without tests. */
const isSource = (path: string) => path.endsWith('.ts') && !path.endsWith('.test.ts');

/**
 * Calls `onChange` with the paths of changed source files, after a short time without further changes. It is called
 * again only after its promise has settled; changes in the meantime are collected.
 */
export function watchSources(root: string, onChange: (paths: readonly string[]) => Promise<void>): { close(): void } {
  const changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let isBusy = false;
  const settle = async () => {
    if (isBusy || changed.size === 0) return;
    isBusy = true;
    const paths = [...changed].sort();
    changed.clear();
    try {
      await onChange(paths);
    } finally {
      isBusy = false;
    }
    void settle();
  };
  const watchers: FSWatcher[] = sourceFolders(root).map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, name) => {
      const path = name === null ? '' : join(folder, name).replaceAll('\\', '/');
      if (!isSource(path)) return;
      changed.add(path);
      clearTimeout(timer);
      timer = setTimeout(() => void settle(), quietMs);
    }),
  );
  return {
    close: () => {
      clearTimeout(timer);
      changed.clear();
      for (const one of watchers) one.close();
    },
  };
}

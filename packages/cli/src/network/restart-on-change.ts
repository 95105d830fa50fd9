/** Restarts the services of a local network whose sources change, and reports which and why. */
import { fileURLToPath } from 'node:url';
import type { RunningServices } from './running-services.ts';
import { filesLoadedBy, servicesLoading, sourcesIn } from './source-graph.ts';
import { watchSources } from './source-watch.ts';

const root = fileURLToPath(new URL('../../../../', import.meta.url));
const command = 'packages/cli/src/main.ts';

/** Starts to watch. Closing waits for a restart in progress. */
export function restartOnChange(services: RunningServices, said: (line: string) => void): { close(): void } {
  return watchSources(root, async (paths) => {
    const loading = servicesLoading(paths, [...new Set(services.specs.map(({ service }) => service))], sourcesIn(root));
    if (loading.size === 0) {
      const isCommand = paths.some((path) => filesLoadedBy(command, sourcesIn(root)).has(path));
      said(`${listOf(paths)} changed: no service loads it${isCommand ? '; start "assay dev" again to use it' : ''}`);
      return;
    }
    const startedMs = performance.now();
    const names = services.specs.filter(({ service }) => loading.has(service)).map(({ name }) => name);
    for (const [service, path] of loading) {
      const lent = services.specs.filter((one) => one.service === service && services.isLent(one.name));
      said(`restarting ${service}: ${path} changed`);
      for (const { name } of lent) said(`${name} runs elsewhere: restart it there`);
    }
    const ready = await services.restart(names);
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    said(`${ready} of ${names.length} processes are ready after ${seconds} s`);
  });
}

/** Names at most two paths. */
function listOf(paths: readonly string[]): string {
  const more = paths.length - 2;
  return `${paths.slice(0, 2).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

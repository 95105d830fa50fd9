/** What the machine needs for regions, and which programs of servers they run. */
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { isBuilt } from '../cluster/modules.ts';
import { isProgram } from '../containers/requirements.ts';
import { cache as containers } from '../containers/run.ts';

const programs = ['ip', 'redis-server', 'nats-server'];
const packages = 'iproute2 redis-server nats-server golang';
/** NATS of the deployed version, if `npm run test:containers` has built it. */
const deployed = join(containers, 'bases');

/** Where regions look for programs: first NATS as it is deployed, if it is there. */
export const programPath = [
  ...(existsSync(join(deployed, 'nats-server')) ? [deployed] : []),
  process.env.PATH ?? '',
].join(delimiter);

/** A sentence that names what is missing and how to get it; undefined if everything is there. */
export function whatRegionsLack(): string | undefined {
  if (process.platform !== 'linux') return 'Network namespaces are there on Linux only.';
  if (process.getuid?.() !== 0) return 'Network namespaces need root: run this as root, or with sudo.';
  if (!existsSync('/dev/net/tun')) return 'The kernel has no /dev/net/tun.';
  const wanted = [...programs, ...(isBuilt('wan') ? [] : ['go'])];
  const missing = wanted.filter((program) => !isProgram(program));
  if (missing.length === 0) return undefined;
  return `Missing: ${missing.join(', ')}. On Debian: apt-get install --no-install-recommends ${packages}`;
}

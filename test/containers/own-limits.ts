/** Limits of containers that this machine can give. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cache } from './run.ts';

const system = '/etc/containers/containers.conf';
/** podman's names, those of the kernel, and the most that is asked for: it lets a container have fewer than itself. */
const limits = [
  { name: 'nofile', kernels: 'Max open files', most: 1_048_576 },
  { name: 'nproc', kernels: 'Max processes', most: 16_384 },
] as const;

/**
 * podman asks for more open files than root may have where the machine itself is a small container, and no container
 * starts. Without settings of the machine's own, it is told to ask for what this process has.
 */
export function useOwnLimits(): void {
  if (process.env.CONTAINERS_CONF !== undefined || existsSync(system)) return;
  const table = readFileSync('/proc/self/limits', 'utf8');
  const lines = limits.flatMap(({ name, kernels, most }) => {
    const hard = new RegExp(`^${kernels}\\s+\\S+\\s+(\\d+)`, 'm').exec(table)?.[1];
    if (hard === undefined) return [];
    const limit = Math.min(Number(hard), most);
    return [`"${name}=${limit}:${limit}"`];
  });
  mkdirSync(cache, { recursive: true });
  const file = `${cache}/containers.conf`;
  writeFileSync(file, `[containers]\ndefault_ulimits = [${lines.join(', ')}]\n`);
  process.env.CONTAINERS_CONF = file;
}

/** What the machine needs for containers without a registry, and what of it is missing. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const programs = ['podman', 'buildah', 'runc', 'debootstrap', 'iptables', 'go', 'curl'];
const helpers = ['/usr/lib/podman/netavark', '/usr/lib/podman/aardvark-dns'];
const packages = 'podman buildah runc debootstrap debian-archive-keyring netavark aardvark-dns iptables golang';

/** What a run needs beside: programs by name or path, and Debian's packages that have them. */
export interface More {
  readonly programs: readonly string[];
  readonly packages: string;
}

/** A sentence that names what is missing and how to get it; undefined if everything is there. */
export function whatIsMissing(more: More = { programs: [], packages: '' }): string | undefined {
  if (process.platform !== 'linux') return 'The containers run on Linux only.';
  if (process.getuid?.() !== 0) return 'The containers need root: run this as root, or with sudo.';
  const missing = [
    ...[...programs, ...more.programs].filter((program) => !isProgram(program)),
    ...helpers.filter((path) => !isExecutable(path)),
  ];
  if (missing.length === 0) return undefined;
  return `Missing: ${missing.join(', ')}. On Debian: apt-get install --no-install-recommends ${packages} ${more.packages}`.trim();
}

/** True if a program, by name or path, can be run. */
export const isProgram = (program: string) => isExecutable(program) || isOnPath(program);

const isOnPath = (program: string) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => folder !== '' && isExecutable(join(folder, program)));

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

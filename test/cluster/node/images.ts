/** Images of podman, brought to the node as archives. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../../containers/run.ts';
import { bin, cache } from '../modules.ts';
import { containerdSocket, pauseImage } from './node-files.ts';

/** Writes images into one archive, their shared layers once. Resolves with its path. */
export async function saveImages(name: string, images: readonly string[]): Promise<string> {
  const archive = join(cache, `${name}.tar`);
  rmSync(archive, { force: true });
  await run('podman', ['save', '--multi-image-archive', '--output', archive, ...images]);
  return archive;
}

/** Brings the images of an archive to the node, and removes the archive. */
export async function importImages(archive: string): Promise<void> {
  await run('ctr', ['--address', containerdSocket, '--namespace', 'k8s.io', 'images', 'import', archive]);
  rmSync(archive);
}

/** The image of a static program and nothing else. Resolves with an archive of it. */
export async function saveProgram(program: string, image: string, args: readonly string[] = []): Promise<string> {
  const context = join(cache, 'images', program);
  mkdirSync(context, { recursive: true });
  copyFileSync(join(bin, program), join(context, program));
  const entry = JSON.stringify([`/${program}`, ...args]);
  const lines = ['FROM scratch', `COPY ${program} /${program}`, `ENTRYPOINT ${entry}`, 'USER 65532:65532', ''];
  writeFileSync(join(context, 'Dockerfile'), lines.join('\n'));
  await run('buildah', ['bud', '--format', 'docker', '--tag', image, context]);
  rmSync(context, { recursive: true });
  return saveImages(program, [image]);
}

/** The archive of the image that holds the network of each pod. */
export const savePause = () => saveProgram('pause', pauseImage);

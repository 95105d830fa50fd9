/** What a node leaves on its machine: containers, mounts, interfaces, rules of the firewall, files. */
import { existsSync, globSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { attempt } from '../../containers/run.ts';
import { bin, isBuilt } from '../modules.ts';
import { controlGroup, nodeFolder, nodeInterface, runFolder } from './node-files.ts';

/** One for each controller with version 1, one for all with version 2. */
const controllers = () =>
  existsSync('/sys/fs/cgroup/cgroup.controllers') ? ['/sys/fs/cgroup'] : globSync('/sys/fs/cgroup/*');

/** Makes the control group of all pods: by it, what an interrupted run left is told from other processes. */
export function makeControlGroups(): void {
  for (const controller of controllers()) mkdirSync(join(controller, controlGroup), { recursive: true });
}

/** Removes it, also what an interrupted run left. */
export async function removeTraces(): Promise<void> {
  for (const pid of processes()) endProcess(pid);
  for (const mount of mounts()) await attempt('umount', ['--lazy', mount]);
  await attempt('ip', ['link', 'delete', nodeInterface.name]);
  if (isBuilt('kube-proxy')) await attempt(join(bin, 'kube-proxy'), ['--cleanup']);
  for (const controller of controllers()) removeGroups(join(controller, controlGroup));
  for (const folder of [nodeFolder, runFolder]) rmSync(folder, { recursive: true, force: true });
}

/** A group can be removed when the groups in it are, and only by `rmdir`. */
function removeGroups(path: string): void {
  if (!existsSync(path)) return;
  for (const entry of readdirSync(path, { withFileTypes: true }))
    if (entry.isDirectory()) removeGroups(join(path, entry.name));
  try {
    rmdirSync(path);
  } catch {
    // A process in it is about to end; the next run removes it.
  }
}

/** What is there of it, in words. */
export async function tracesOf(): Promise<readonly string[]> {
  const { stdout: links } = await attempt('ip', ['-oneline', 'link']);
  const { stdout: rules } = await attempt('iptables-save', []);
  return [
    ...processes().map((pid) => `process ${pid}`),
    ...mounts().map((mount) => `mount ${mount}`),
    ...(links.includes(`${nodeInterface.name}:`) ? [`interface ${nodeInterface.name}`] : []),
    // Empty chains that the kubelet makes as a hint for others do nothing.
    ...rules.split('\n').filter((rule) => /^-A KUBE-(SERVICES|SVC|SEP|NODEPORTS|FORWARD)/.test(rule)),
    ...[nodeFolder, runFolder].filter((folder) => existsSync(folder)),
  ];
}

/** The node's programs, the processes in its pods, and those that hold them: all outlive a run that is killed. */
function processes(): number[] {
  const isOfNode = (pid: string) =>
    [nodeFolder, runFolder].some((folder) => textOf(pid, 'cmdline').includes(folder)) ||
    textOf(pid, 'cgroup').includes(`:/${controlGroup}/`);
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && isOfNode(name))
    .map(Number);
}

function textOf(pid: string, file: 'cmdline' | 'cgroup'): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

function endProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** The last first: one may be inside another. */
const mounts = () =>
  readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .filter((path) => path.startsWith(`${nodeFolder}/`) || path.startsWith(`${runFolder}/`))
    .reverse();

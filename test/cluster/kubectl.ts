/** `kubectl` on one cluster, and ways into it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '@assay/adapters/process/free-port';
import { run } from '../containers/run.ts';

/** The namespace of the trial. */
export const namespace = 'assay';
const reopenMs = 500;

/** Asks a cluster. */
export class Kubectl {
  readonly kubeconfig: string;

  constructor(kubeconfig: string) {
    this.kubeconfig = kubeconfig;
  }

  /** Runs a command. Resolves with its output; rejects with it if the command fails. */
  run(...args: readonly string[]): Promise<string> {
    return run('kubectl', ['--kubeconfig', this.kubeconfig, ...args]);
  }

  /** The same in the namespace of the trial. */
  inTrial(...args: readonly string[]): Promise<string> {
    return this.run('--namespace', namespace, ...args);
  }

  /** Applies objects from a file. */
  async apply(file: string): Promise<void> {
    await this.run('apply', '--server-side', '--force-conflicts', '--filename', file);
  }

  /** Waits until the pods of a Deployment or StatefulSet are all of its newest version, and ready. */
  async rolledOut(workload: string): Promise<void> {
    await this.inTrial('rollout', 'status', workload, '--timeout', '10m');
  }

  /** Every Deployment and StatefulSet of a selector, as `kind/name`. */
  async workloads(selector: string): Promise<string[]> {
    const names = await this.inTrial('get', 'deployment,statefulset', '--selector', selector, '--output', 'name');
    return names.split('\n').filter((name) => name !== '');
  }

  /** A port of this machine that leads to a Service's, until `close`. When its pod ends, it leads to another. */
  async forward(service: string, port: number): Promise<Forwarded> {
    const own = await freePort();
    const args = ['--namespace', namespace, 'port-forward', `service/${service}`, `${own}:${port}`];
    const open = () => spawn('kubectl', ['--kubeconfig', this.kubeconfig, ...args], { stdio: 'ignore' });
    let child: ChildProcess = open();
    let isClosed = false;
    const reopen = async () => {
      while (!isClosed) {
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        await pause(reopenMs);
        if (!isClosed) child = open();
      }
    };
    const reopening = reopen();
    return {
      port: own,
      async close() {
        isClosed = true;
        child.kill('SIGTERM');
        await reopening;
      },
    };
  }
}

/** A way into the cluster. */
export interface Forwarded {
  readonly port: number;
  close(): Promise<void>;
}

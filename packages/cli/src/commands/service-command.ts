/** `assay service`: one service of the running network in the foreground, instead of the network's own process. */
import { spawn } from 'node:child_process';
import { nodeFlagsOf } from '@assay/adapters/process/entry-file';
import { errorText } from '@assay/protocol/error-text';
import { tuning } from '@assay/protocol/tuning';
import { takeService } from '../network/control-socket.ts';
import { readConnection } from '../network/network-file.ts';
import { serviceFile } from '../network/service-process.ts';
import { paint } from '../output/terminal.ts';
import { UsageError } from './usage-error.ts';

export interface ServiceCommand {
  readonly operator?: number;
  readonly replica?: number;
  /** Address of the debugger, `true` for Node's usual one. */
  readonly inspect?: string | true;
  /** The same, and the program waits for the debugger. */
  readonly inspectBrk?: string | true;
  readonly signal: AbortSignal;
}

/**
 * Runs until the service ends or the signal aborts; resolves with its exit code. The network then starts its own
 * process again.
 */
export async function serviceCommand(service: string, options: ServiceCommand): Promise<number> {
  const control = (await readConnection(process.cwd()))?.control;
  if (control === undefined)
    throw new UsageError('No network runs from this folder; start one in another terminal: npm run dev');
  const { operator, replica, signal } = options;
  const request = {
    service,
    ...(operator === undefined ? {} : { operator }),
    ...(replica === undefined ? {} : { replica }),
  };
  const taken = await takeService(control, request).catch((cause: unknown) => {
    throw new UsageError(errorText(cause), { cause });
  });
  const { spec } = taken;
  const entry = spec.entry ?? serviceFile(spec.service, 'main');
  const say = (line: string) => process.stderr.write(`${paint('bold', spec.name, process.stderr)}: ${line}\n`);
  try {
    say('started in place of the network’s own process, until Ctrl-C');
    const child = spawn(process.execPath, [...inspectFlags(options), ...nodeFlagsOf(entry), entry], {
      env: { PATH: process.env.PATH ?? '', ...spec.environment, ...ownSettings() },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      detached: true,
    });
    child.on('message', (message: { type?: string }) => message.type === 'ready' && say('ready'));
    const stop = () => {
      child.kill('SIGTERM');
      // A process at a breakpoint does not receive it.
      setTimeout(() => child.kill('SIGKILL'), tuning.shutdownMs + 5_000).unref();
    };
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code) => resolve(code ?? 1));
    });
  } finally {
    taken.giveBack();
  }
}

function inspectFlags({ inspect, inspectBrk }: ServiceCommand): string[] {
  const flag = (name: string, value: string | true | undefined) =>
    value === undefined ? [] : [value === true ? name : `${name}=${value}`];
  return [...flag('--inspect', inspect), ...flag('--inspect-brk', inspectBrk)];
}

/** Variables that a user may set for this process only. */
function ownSettings(): Record<string, string> {
  const level = process.env.LOG_LEVEL;
  return level === undefined ? {} : { LOG_LEVEL: level };
}

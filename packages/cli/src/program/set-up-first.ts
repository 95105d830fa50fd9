/** In a checkout, installs what is missing (`setup/prepare.mjs`) once the words of a command are known to be right. */
import { pathToFileURL } from 'node:url';

/** The exports of the module that `ASSAY_SET_UP` names. */
interface SetUp {
  /** Installs what is missing; returns the environment for everything that follows. */
  prepare(): Promise<{ readonly env: Readonly<Record<string, string | undefined>> }>;
}

/**
 * Runs the set-up that the environment names, and changes the environment to what it returns. Does nothing in an installed
 * package. Rejects if the signal aborts.
 */
export async function setUpFirst(environment: NodeJS.ProcessEnv, signal: AbortSignal): Promise<void> {
  const file = environment.ASSAY_SET_UP;
  if (file === undefined) return;
  delete environment.ASSAY_SET_UP;
  const setUp = (await import(pathToFileURL(file).href)) as SetUp;
  signal.throwIfAborted();
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  const { env } = await Promise.race([setUp.prepare(), stopped]);
  Object.assign(environment, env);
  delete environment.ASSAY_SET_UP;
}

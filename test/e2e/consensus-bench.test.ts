/** `assay bench consensus` brings up a network of its own. */
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { assayProgram } from '../integration/assay-program.ts';

/** Bundles have no benches. */
const program = [...assayProgram({}), 'bench', 'consensus'];
const args = ['--mode', 'well', '--runs', '1', '--seconds', '2', '--json'];

it.runIf(process.env.TEST_SCOPE === 'whole')(
  'bench consensus measures a network of its own',
  async () => {
    const stdout = await new Promise<string>((resolve, reject) =>
      execFile(process.execPath, [...program, ...args], (error, out, faults) =>
        // Exit code 1: a busy machine misses the targets.
        error === null || error.code === 1 ? resolve(out) : reject(new Error(faults, { cause: error })),
      ),
    );
    const { modes, bars } = JSON.parse(stdout);
    expect(modes).toEqual([expect.objectContaining({ mode: 'well' })]);
    expect(bars.map(({ figure }: { figure: number }) => figure > 0)).toEqual([true, true, true]);
  },
  120_000,
);

/** Finds `assay bench`, which is a separate workspace and not part of production images. */
import type { Command } from 'commander';
import type { CommandContext } from './command-context.ts';
import { UsageError } from './usage-error.ts';

/**
 * The exports of `@assay/bench/program`. Imported by a string, because bench depends on the command line and not the
 * reverse.
 */
interface BenchModule {
  addBenchCommands(program: Command, context: CommandContext): void;
}

const benchModule = '@assay/bench/program';

/** Adds `bench` with its commands, or a command that says where to find them if this installation has none. */
export async function addBenchCommands(program: Command, context: CommandContext): Promise<void> {
  if (process.argv[2] === 'bench') {
    const bench = await loadBench();
    if (bench !== undefined) return bench.addBenchCommands(program, context);
  }
  program
    .command('bench')
    .description('measure quality, speed and cost')
    .allowUnknownOption()
    .argument('[arguments...]')
    .action(() => {
      throw new UsageError('This installation has no benches; run them from a checkout of the repository.');
    });
}

async function loadBench(): Promise<BenchModule | undefined> {
  try {
    return (await import(benchModule)) as BenchModule;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

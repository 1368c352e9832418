import { Command, CommanderError } from 'commander';
import { ConfigError, PipelineError } from '../layers/contracts/errors/index.ts';
import { registerCommands } from './commands/index.ts';
import { systemFault } from './system-error.ts';
import { printError } from './terminal.ts';
import { UsageError } from './usage-error.ts';

const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

async function main(): Promise<number> {
  const program = new Command('ecom')
    .description('From raw e-commerce CSVs to an experiment decision.')
    .showHelpAfterError('(ecom --help lists the commands)')
    .exitOverride();
  registerCommands(program);
  try {
    await program.parseAsync();
    return exitCodes.done;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
  if (error instanceof PipelineError) {
    printError(error.fault);
    return error instanceof UsageError || error instanceof ConfigError ? exitCodes.usage : exitCodes.failed;
  }
  const fault = systemFault(error);
  if (fault === undefined) throw error;
  printError(fault);
  return exitCodes.failed;
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away (`ecom runs | head`): nothing is left to say.
  if (error.code === 'EPIPE') process.exit(exitCodes.done);
  throw error;
});
process.exitCode = await main();

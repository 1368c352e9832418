import { Command, CommanderError } from 'commander';
import { ConfigError, PipelineError, UsageError } from '../layers/platform/errors.ts';
import { version } from '../package.json';
import { portOfEnvironment } from './arguments.ts';
import { addCommands, commandsFor } from './commands/index.ts';
import { systemFault } from './system-error.ts';
import { printError } from './terminal.ts';

const exitCodes = { done: 0, failed: 1, usage: 2 } as const;

const startHere = HAS_CHECKOUT
  ? '  ecom demo                 everything once, on made-up data\n  ecom init <dir>           a configuration for your own CSVs\n  ecom analyze <dir>        from the CSVs to the verdict, right here\n  ecom run <dir>            the same through the pipeline\n\ndemo, run and upload start the local pipeline where it does not run; the other commands look at what runs.'
  : '  ecom generate <dir>       the CSVs of a made-up shop\n  ecom init <dir>           a configuration for your own CSVs\n  ecom analyze <dir>        from the CSVs to the verdict\n';

async function main(): Promise<number> {
  const program = new Command('ecom')
    .description('From raw e-commerce CSVs to an experiment decision.')
    .version(version)
    .addHelpText(
      'after',
      `\nStart here:\n${startHere}\nResults go to standard output, progress to standard error. Exit code: 0 done, 1 failed, 2 wrong usage.\nEnvironment: ECOM_STATE (state folder), ECOM_TARGET (local, docker, aws), ECOM_PORT, DATABASE_URL, NO_COLOR.`,
    )
    .showHelpAfterError('(ecom --help lists the commands)')
    .exitOverride()
    .hook('preAction', () => {
      portOfEnvironment();
    });
  try {
    await addCommands(program, commandsFor(process.argv.slice(2)));
    await program.parseAsync();
    // A command that has printed its result may still say that something failed.
    return Number(process.exitCode ?? exitCodes.done);
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
process.stderr.on('error', (error: NodeJS.ErrnoException) => {
  // Nobody reads the progress any more; the work goes on.
  if (error.code !== 'EPIPE') throw error;
});
process.exitCode = await main();

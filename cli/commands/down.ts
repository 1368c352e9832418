import type { Command } from 'commander';
import type { DownOptions } from '../actions/down.ts';

/** `ecom down`: nothing runs any more. */
export function registerDown(program: Command): void {
  program
    .command('down')
    .description('save the buckets, and stop the local emulator and database')
    .option('--wipe', 'remove the local data (buckets, database, logs, demo) instead of keeping it')
    .option('--json', 'print what was done as JSON')
    .addHelpText(
      'after',
      '\nSaved is the current version of every object. Earlier versions and the history of executions end with the emulator.\nReports that were downloaded stay, also with --wipe.\n\nExamples:\n  ecom down\n  ecom down --wipe',
    )
    .action(async (options: DownOptions) => {
      const { stop } = await import('../actions/down.ts');
      await stop(options);
    });
}

import type { Command } from 'commander';
import { down } from '../local/down.ts';
import { print } from '../terminal.ts';

/** `ecom down`: nothing runs any more. */
export function registerDown(program: Command): void {
  program
    .command('down')
    .description('save the buckets, and stop the local emulator and database')
    .option('--wipe', 'remove the local data (buckets, database) instead of keeping it')
    .addHelpText(
      'after',
      '\nSaved is the current version of every object. Earlier versions and the history of executions end with the emulator.',
    )
    .action(async (options: { wipe?: boolean }) => {
      await down(options);
      print('down');
    });
}

import type { Command } from 'commander';
import { down } from '../local/down.ts';
import { print, printJson } from '../terminal.ts';

/** `ecom down`: nothing runs any more. */
export function define(command: Command): void {
  command
    .option('--wipe', 'remove the local data (buckets, database, logs, demo) instead of keeping it')
    .option('--json', 'print what was done as JSON')
    .addHelpText(
      'after',
      '\nSaved is the current version of every object. Earlier versions and the history of executions end with the emulator.\nReports that were downloaded stay, also with --wipe.\n\nExamples:\n  ecom down\n  ecom down --wipe',
    )
    .action(stop);
}

interface DownOptions {
  readonly wipe?: boolean;
  readonly json?: boolean;
}

async function stop({ wipe = false, json }: DownOptions): Promise<void> {
  await down({ wipe });
  if (json) printJson({ running: false, wiped: wipe });
  else print('down');
}

import type { Command } from 'commander';
import type { WatchOptions } from '../actions/watch.ts';

/** `ecom watch [run]`: follows a run to its end. */
export function registerWatch(program: Command): void {
  program
    .command('watch [run]')
    .description('follow a run (the newest by default) and print its verdict')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the run id will do.\n\nExamples:\n  ecom watch\n  ecom watch 3f2a --json',
    )
    .action(async (run: string | undefined, options: WatchOptions) => {
      const { watch } = await import('../actions/watch.ts');
      await watch(run, options);
    });
}

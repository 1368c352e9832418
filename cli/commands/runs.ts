import type { Command } from 'commander';
import type { RunsOptions } from '../actions/runs.ts';
import { positiveInteger } from '../arguments.ts';

/** `ecom runs`: the newest runs. */
export function registerRuns(program: Command): void {
  program
    .command('runs')
    .description('list the newest runs')
    .option('--limit <n>', 'how many', positiveInteger, 20)
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExamples:\n  ecom runs\n  ecom runs --limit 5 --json | jq -r .[0].runId')
    .action(async (options: RunsOptions) => {
      const { runs } = await import('../actions/runs.ts');
      await runs(options);
    });
}

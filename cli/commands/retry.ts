import type { Command } from 'commander';
import type { RetryOptions } from '../actions/retry.ts';

/** `ecom retry <run>`: another attempt at the same data. */
export function registerRetry(program: Command): void {
  program
    .command('retry <run>')
    .description('start a run again where it failed, follow it and print its verdict')
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nStages that were done are not repeated. A run that succeeded is loaded again where the database has lost it. The beginning of the run id will do.\n\nExamples:\n  ecom retry 3f2a\n  ecom retry 3f2a9c0d1e4b5a67 --json',
    )
    .action(async (run: string, options: RetryOptions) => {
      const { retry } = await import('../actions/retry.ts');
      await retry(run, options);
    });
}

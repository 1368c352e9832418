import type { Command } from 'commander';
import type { StatusOptions } from '../actions/status.ts';

/** `ecom status`: what runs, where, and how to talk to it. */
export function registerStatus(program: Command): void {
  program
    .command('status')
    .description('what runs locally, where, and how to reach it')
    .option(
      '--export',
      'print the environment for other tools alone, as export lines; ends with 1 where nothing runs',
    )
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  ecom status\n  eval "$(ecom status --export)"\n  ecom status --json | jq -r .environment.AWS_ENDPOINT_URL',
    )
    .action(async (options: StatusOptions) => {
      const { status } = await import('../actions/status.ts');
      await status(options);
    });
}

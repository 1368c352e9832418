import type { Command } from 'commander';
import type { DemoOptions } from '../actions/demo.ts';

/** `ecom demo`: everything, once, on generated data with a known uplift. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('generate data with a known uplift, run them through the pipeline and print the verdict')
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nWhat does not run yet is started, as by ecom up.\n\nExamples:\n  ecom demo\n  ecom demo --json | jq .experiments[0].decision',
    )
    .action(async (options: DemoOptions) => {
      const { demo } = await import('../actions/demo.ts');
      await demo(options);
    });
}

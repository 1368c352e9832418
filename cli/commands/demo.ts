import type { Command } from 'commander';

/** `ecom demo`: everything, once, on generated data with a known uplift. */
export function registerDemo(program: Command): void {
  program
    .command('demo')
    .description('generate data with a known uplift, run them through the pipeline and print the verdict')
    .addHelpText('after', '\nExample:\n  ecom demo')
    .action(async () => {
      const { demo } = await import('../actions/demo.ts');
      await demo();
    });
}

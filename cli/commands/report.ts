import type { Command } from 'commander';
import type { ReportOptions } from '../actions/report.ts';

/** `ecom report [run]`: the verdict of a run, or of a drop's published run. */
export function registerReport(program: Command): void {
  program
    .command('report [run]')
    .description(
      "print the verdict of a run (by default of the drop's published one) and copy its files into .ecom/reports",
    )
    .option('--drop <name>', 'the drop whose published run is meant, when no run is named')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the run id will do.\n\nExamples:\n  ecom report\n  ecom report --drop shop_b\n  ecom report 3f2a --json | jq .experiments[0].decision',
    )
    .action(async (run: string | undefined, options: ReportOptions) => {
      const { report } = await import('../actions/report.ts');
      await report(run, options);
    });
}

import type { Command } from 'commander';
import { defaultDrop } from '../../layers/runs/keys.ts';
import type { AnalyzeOptions } from '../actions/analyze.ts';

/** `ecom analyze <dir>`: from a folder of CSVs to the verdict, in this process. */
export function registerAnalyze(program: Command): void {
  program
    .command('analyze <dir>')
    .description('analyse a folder of CSVs right here, with nothing to start, and print the verdict')
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--drop <name>', 'name of the drop', defaultDrop)
    .option('--out <dir>', 'folder for the report (default: <dir>/ecom-report)')
    .option('--load <url>', 'load the marts into a PostgreSQL database as well, and publish them there')
    .option('--no-cache', 'do everything anew, and keep nothing but the report')
    .option('--open', 'open the report in the browser')
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nThe same stages as in the deployed pipeline, in one process: the same files give the same report, byte for byte.\nBeside the report, .runs keeps what the stages made: quarantined rows (ecom quarantine <dir>), marts as Parquet.\n\nExamples:\n  ecom analyze data/\n  ecom analyze data/ --out reports/june --open\n  ecom analyze data/ --load postgres://user:password@localhost/shop\n  ecom analyze data/ --json | jq .experiments[0].decision',
    )
    .action(async (folder: string, options: AnalyzeOptions) => {
      const { analyze } = await import('../actions/analyze.ts');
      await analyze(folder, options);
    });
}

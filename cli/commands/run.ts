import type { Command } from 'commander';
import { defaultDrop } from '../../layers/contracts/keys.ts';
import { ensureUp } from '../local/up.ts';
import { connect } from '../pipeline/connection.ts';
import { downloadReport, verdictText } from '../pipeline/report.ts';
import { runDrop } from '../pipeline/run-drop.ts';
import { prepareDrop } from '../pipeline/upload.ts';
import { print, printJson } from '../terminal.ts';

/** `ecom run <dir>`: from a folder of CSVs to the verdict. */
export function registerRun(program: Command): void {
  program
    .command('run <dir>')
    .description('upload a folder of CSVs, follow the run and print the verdict')
    .option('--drop <name>', 'name of the drop', defaultDrop)
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nExamples:\n  ecom run data/\n  ecom run data/ --config shop_b.yaml --drop shop_b\n  ecom run data/ --json | jq .experiments[0].decision',
    )
    .action(async (folder: string, options: { drop: string; config?: string; json?: boolean }) => {
      const prepared = await prepareDrop({ folder, drop: options.drop, configFile: options.config });
      await ensureUp();
      const connection = connect();
      const report = await runDrop(connection, prepared);
      const files = await downloadReport(connection, report.run.runId);
      if (options.json) return printJson(report);
      print(`\n${verdictText(report)}\n`);
      for (const file of files) print(file);
    });
}

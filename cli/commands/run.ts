import type { Command } from 'commander';
import { defaultDrop } from '../../layers/runs/keys.ts';
import { prepareDrop } from '../pipeline/prepare-drop.ts';
import { runDrop } from '../pipeline/run-drop.ts';
import { downloadReport, verdictText } from '../pipeline/run-report.ts';
import { startAndConnect } from '../pipeline/start.ts';
import { note, print, printJson, visible } from '../terminal.ts';
import { checkBeforeUpload } from '../validate/validate.ts';

/** `ecom run <dir>`: from a folder of CSVs to the verdict. */
export function define(command: Command): void {
  command
    .argument('<dir>')
    .option('--drop <name>', 'name of the drop', defaultDrop)
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nWhat would certainly fail the run is told before anything is uploaded. Where the local pipeline does not run, it is\nstarted, as by ecom up.\n\nExamples:\n  ecom run data/\n  ecom run data/ --config shop_b.yaml --drop shop_b\n  ecom run data/ --json | jq .experiments[0].decision',
    )
    .action(run);
}

interface RunOptions {
  readonly drop: string;
  readonly config?: string;
  readonly json?: boolean;
}

async function run(folder: string, options: RunOptions): Promise<void> {
  const prepared = await prepareDrop({ folder, drop: options.drop, configFile: options.config });
  for (const sentence of prepared.unused) note(visible(sentence));
  await checkBeforeUpload({ folder, configFile: options.config });
  const connection = await startAndConnect();
  const report = await runDrop(connection, prepared);
  const files = await downloadReport(connection, report.run.runId);
  if (options.json) return printJson(report);
  print(`\n${verdictText(report)}\n`);
  for (const file of files) print(file);
}

import type { Command } from 'commander';
import { defaultDrop } from '../../layers/runs/keys.ts';
import type { RunOptions } from '../actions/run.ts';

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
      '\nWhat would certainly fail the run is told before anything is uploaded. Where the local pipeline does not run, it is\nstarted, as by ecom up.\n\nExamples:\n  ecom run data/\n  ecom run data/ --config shop_b.yaml --drop shop_b\n  ecom run data/ --json | jq .experiments[0].decision',
    )
    .action(async (folder: string, options: RunOptions) => {
      const { run } = await import('../actions/run.ts');
      await run(folder, options);
    });
}

import type { Command } from 'commander';
import type { ValidateFlags } from '../actions/validate.ts';

/** `ecom validate <dir>`: the raw files, before anything is uploaded. */
export function registerValidate(program: Command): void {
  program
    .command('validate <dir>')
    .description('check a folder of CSVs: columns, values, keys, references, order of time, split')
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--json', 'print the checks as JSON')
    .addHelpText(
      'after',
      '\nEnds with 0 where a run would pass, perhaps without some rows, and with 1 where it would fail.\n\nExamples:\n  ecom validate data/\n  ecom validate data/ --config shop_b.yaml --json',
    )
    .action(async (folder: string, options: ValidateFlags) => {
      const { validateFolder } = await import('../actions/validate.ts');
      await validateFolder(folder, options);
    });
}

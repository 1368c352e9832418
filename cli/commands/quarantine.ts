import { type Command, Option } from 'commander';
import { datasetNames } from '../../layers/data/datasets/index.ts';
import type { QuarantineOptions } from '../actions/quarantine.ts';
import { nonNegativeInteger } from '../arguments.ts';

/** `ecom quarantine [run]`: the rows that were not used, and why. */
export function registerQuarantine(program: Command): void {
  program
    .command('quarantine [run]')
    .description('list the rows that a run (the newest by default) did not use, and why')
    .addOption(new Option('--dataset <name>', 'of this dataset only').choices(datasetNames))
    .option('--rule <name>', 'that broke this rule only')
    .option('--limit <n>', 'examples to show of each rule', nonNegativeInteger, 3)
    .option('--counts', 'show the counts alone')
    .option('--export <dir>', 'write the raw lines, one CSV per dataset, to be repaired and uploaded again')
    .option('--json', 'print counts and examples as JSON')
    .addHelpText(
      'after',
      '\nFailed runs have a quarantine too. The beginning of the run id will do.\n\nExamples:\n  ecom quarantine\n  ecom quarantine 3f2a --dataset events --rule not_money --limit 50\n  ecom quarantine --export repair/',
    )
    .action(async (run: string | undefined, options: QuarantineOptions) => {
      const { quarantine } = await import('../actions/quarantine.ts');
      await quarantine(run, options);
    });
}

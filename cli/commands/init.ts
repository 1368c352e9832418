import type { Command } from 'commander';
import type { InitOptions } from '../actions/init.ts';

/** `ecom init <dir>`: a configuration for files of any make. */
export function registerInit(program: Command): void {
  program
    .command('init <dir>')
    .description('look at a folder of CSVs and write an experiment.yaml that fits them')
    .option('--force', 'replace an experiment.yaml that is there')
    .option('--print', 'print it instead of writing it')
    .option('--json', 'print the guesses, with how sure each is, as JSON')
    .addHelpText(
      'after',
      '\nFiles and columns may have other names than the documented ones (docs/data-contract.md).\n\nExamples:\n  ecom init data/\n  ecom init data/ --print\n  ecom init data/ --force --json | jq .questions',
    )
    .action(async (folder: string, options: InitOptions) => {
      const { initFolder } = await import('../actions/init.ts');
      await initFolder(folder, options);
    });
}

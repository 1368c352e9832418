import type { Command } from 'commander';
import { defaultDrop } from '../../layers/runs/keys.ts';
import type { UploadOptions } from '../actions/upload.ts';

/** `ecom upload <dir>`: puts a drop into the raw bucket, its manifest last. */
export function registerUpload(program: Command): void {
  program
    .command('upload <dir>')
    .description('upload the CSVs of a folder, which starts a run')
    .option('--drop <name>', 'name of the drop', defaultDrop)
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--json', 'print what was uploaded as JSON')
    .addHelpText(
      'after',
      '\nWhat would certainly fail the run is told before anything is uploaded. Where the local pipeline does not run, it is\nstarted, as by ecom up.\n\nExamples:\n  ecom upload data/\n  ecom upload data/ --drop shop_b --config shop_b.yaml',
    )
    .action(async (folder: string, options: UploadOptions) => {
      const { uploadFolder } = await import('../actions/upload.ts');
      await uploadFolder(folder, options);
    });
}

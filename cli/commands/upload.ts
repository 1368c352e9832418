import type { Command } from 'commander';
import { defaultDrop } from '../../layers/contracts/keys.ts';
import { connect } from '../pipeline/connection.ts';
import { prepareDrop, upload } from '../pipeline/upload.ts';
import { formatBytes, note, print, printJson } from '../terminal.ts';

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
      '\nExamples:\n  ecom upload data/\n  ecom upload data/ --drop shop_b --config shop_b.yaml',
    )
    .action(async (folder: string, options: { drop: string; config?: string; json?: boolean }) => {
      const prepared = await prepareDrop({ folder, drop: options.drop, configFile: options.config });
      const connection = connect();
      const uploaded = await upload(connection, prepared, ({ key, size }) => {
        note(`uploaded s3://${connection.raw.bucket}/${key} (${formatBytes(size)})`);
      });
      if (options.json) {
        printJson({
          drop: uploaded.drop,
          bytes: uploaded.bytes,
          files: uploaded.files.map(({ key, size }) => ({ key, size })),
        });
      } else {
        print(`The drop "${uploaded.drop}" is complete. Follow its run: npx ecom watch`);
      }
    });
}

import type { Command } from 'commander';
import { defaultDrop } from '../../layers/runs/keys.ts';
import { currentRun } from '../pipeline/current-run.ts';
import { prepareDrop } from '../pipeline/prepare-drop.ts';
import { replacement } from '../pipeline/run-drop.ts';
import { startAndConnect } from '../pipeline/start.ts';
import { upload } from '../pipeline/upload.ts';
import { formatBytes, note, print, printJson, visible } from '../terminal.ts';
import { checkBeforeUpload } from '../validate/validate.ts';

/** `ecom upload <dir>`: puts a drop into the raw bucket, its manifest last. */
export function define(command: Command): void {
  command
    .argument('<dir>')
    .option('--drop <name>', 'name of the drop', defaultDrop)
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--json', 'print what was uploaded as JSON')
    .addHelpText(
      'after',
      '\nWhat would certainly fail the run is told before anything is uploaded. Where the local pipeline does not run, it is\nstarted, as by ecom up.\n\nExamples:\n  ecom upload data/\n  ecom upload data/ --drop shop_b --config shop_b.yaml',
    )
    .action(uploadFolder);
}

interface UploadOptions {
  readonly drop: string;
  readonly config?: string;
  readonly json?: boolean;
}

async function uploadFolder(folder: string, options: UploadOptions): Promise<void> {
  const prepared = await prepareDrop({ folder, drop: options.drop, configFile: options.config });
  for (const sentence of prepared.unused) note(visible(sentence));
  await checkBeforeUpload({ folder, configFile: options.config });
  const connection = await startAndConnect();
  const before = await currentRun(connection, options.drop);
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
    print(`The drop "${uploaded.drop}" is complete. Follow its run: ./ecom watch`);
    if (before !== undefined)
      note(`Unless it is of the same content, it ${replacement(before, uploaded.drop)}`);
  }
}

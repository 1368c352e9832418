import type { Command } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { formatCount } from '../../layers/report/format.ts';
import { defaultDrop } from '../../layers/runs/keys.ts';
import { forget, type Receipt } from '../forget/forget.ts';
import type { DropReceipt } from '../forget/forget-drop.ts';
import { counted, note, print, printJson, shellWord, table, visible } from '../terminal.ts';

/** `ecom forget <user> [dir]`: a user's rows out of a folder of CSVs, or out of a drop of the deployed pipeline. */
export function define(command: Command): void {
  command
    .argument('<user>', 'id of the user, as the files write it')
    .argument('[dir]', 'folder of CSVs that ecom analyze takes')
    .option('--yes', 'erase; without it is only told what would be')
    .option(
      '--drop <name>',
      'without <dir>: the drop of the deployed pipeline to erase the user from; with it: name of the drop',
    )
    .option('--config <file>', 'configuration of the folder, in place of its experiment.yaml')
    .option(
      '--out <dir>',
      'where ecom analyze put the report of the folder, if elsewhere than it does by itself; of a drop: where to put the receipt',
    )
    .option('--json', 'print the receipt as JSON')
    .addHelpText(
      'after',
      '\nRows of others stay byte for byte. What analyses of a folder left is removed: analyse again. A drop is uploaded again\nwithout the user; once its run is published, earlier versions of its files and its other runs are deleted. Copies\nelsewhere (backups, reports that were passed on) are not touched: docs/operate.md says what to do about them.\n\nExamples:\n  ecom forget 4711 data/\n  ecom forget 4711 data/ --yes\n  ecom forget 4711 --drop shop_b\n  ecom forget 4711 --drop shop_b --yes',
    )
    .action(run);
}

interface Options {
  readonly yes?: boolean;
  readonly config?: string;
  readonly drop?: string;
  readonly out?: string;
  readonly json?: boolean;
}

async function run(user: string, folder: string | undefined, options: Options): Promise<void> {
  const { drop } = options;
  if (folder !== undefined) return runFolder(user, folder, options);
  if (drop !== undefined) return runDrop(user, { ...options, drop });
  throw new UsageError({
    what: 'it is not said where to erase the user',
    remedy: 'Name a folder of CSVs, or a drop of the deployed pipeline: --drop <name>',
  });
}

async function runFolder(user: string, folder: string, options: Options): Promise<void> {
  const { yes = false, config: configFile, drop = defaultDrop, out, json } = options;
  const receipt = await forget(user, folder, { drop, configFile, out, yes, now: new Date() });
  if (json) printJson(receipt);
  else printReceipt(receipt);
  if (!receipt.erased) return note(`Nothing was changed. To erase: the same command with --yes`);
  note(`Receipt: ${receipt.receipt}`);
  note(`Analyse again: ./ecom analyze ${shellWord(folder)}`);
}

async function runDrop(user: string, options: Options & { readonly drop: string }): Promise<void> {
  const { yes = false, config, drop, out, json } = options;
  if (config !== undefined) {
    throw new UsageError({
      what: 'a drop is read by the configuration that was uploaded with it',
      where: '--config',
      remedy: 'Leave it out',
    });
  }
  const receipt = await forgetInPipeline(user, { drop, out, yes, now: new Date() });
  if (json) printJson(receipt);
  else printDropReceipt(receipt);
  if (receipt.receipt !== null) return note(`Receipt: ${receipt.receipt}`);
  note(`Nothing was changed.${receipt.proof === null ? ' To erase: the same command with --yes' : ''}`);
}

async function forgetInPipeline(
  ...of: Parameters<typeof import('../forget/forget-drop.ts')['forgetInDrop']>
): Promise<DropReceipt> {
  if (HAS_CHECKOUT) return (await import('../forget/forget-drop.ts')).forgetInDrop(...of);
  throw new UsageError({
    what: 'drops of the pipeline are known in a checkout of the project only',
    remedy: 'Name a folder of CSVs',
  });
}

function printDropReceipt({ files, versions, runs, removed, erased, run, proof }: DropReceipt): void {
  printFiles(files);
  if (!erased && proof !== null) {
    print('\nThe id is in no version of the drop, in none of its runs, and not in the database.');
    return;
  }
  const older = versions.reduce((sum, one) => sum + one.versions, 0);
  const them = erased ? 'Deleted' : 'To be deleted';
  print(`\n${them}: ${counted(older, 'earlier version')} of ${counted(versions.length, 'key')}`);
  if (runs.length > 0) {
    const columns = ['run', 'objects', 'rows in Postgres'];
    print(
      `${them}: ${counted(runs.length, 'run')}\n\n${table(
        columns.map((title) => ({ title, right: title !== 'run' })),
        runs.map(({ runId, objects, rows }) => [runId, formatCount(objects), formatCount(rows)]),
      )}`,
    );
  }
  if (removed.length > 0) print(`\n${them}: ${removed.map((one) => visible(one)).join(', ')}`);
  if (proof === null) return;
  print(`\nThe drop shows run ${run}, which is without the user.`);
  printProof(proof, 'object');
}

function printFiles(files: Receipt['files']): void {
  print(
    table(
      [{ title: 'file' }, { title: 'rows of the user', right: true }],
      files.map(({ file, rows }) => [visible(file), formatCount(rows)]),
    ),
  );
}

function printReceipt({ files, removed, proof }: Receipt): void {
  printFiles(files);
  const whole = removed.map((file) => visible(file)).join(', ');
  if (removed.length > 0) print(`\n${proof === null ? 'To be removed' : 'Removed'} as a whole: ${whole}`);
  if (proof !== null) printProof(proof, 'file');
}

function printProof(proof: NonNullable<Receipt['proof']>, noun: string): void {
  const left = counted(proof.length, noun);
  print(
    proof.some(({ searched }) => searched.includes('text'))
      ? `\nThe id is in none of ${left} that are left.`
      : `\nNo column of user ids in ${left} that are left has the id. As text it was not searched: it could be any number or word.`,
  );
}

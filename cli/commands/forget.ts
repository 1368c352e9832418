import type { Command } from 'commander';
import { formatCount } from '../../layers/report/format.ts';
import { defaultDrop } from '../../layers/runs/keys.ts';
import { forget, type Receipt } from '../forget/forget.ts';
import { counted, note, print, printJson, shellWord, table, visible } from '../terminal.ts';

/** `ecom forget <user> <dir>`: a user's rows out of a folder of CSVs. */
export function define(command: Command): void {
  command
    .argument('<user>', 'id of the user, as the files write it')
    .argument('<dir>', 'folder of CSVs that ecom analyze takes')
    .option('--yes', 'erase; without it is only told what would be')
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--drop <name>', 'name of the drop', defaultDrop)
    .option(
      '--out <dir>',
      'where ecom analyze put the report of the folder, if elsewhere than it does by itself',
    )
    .option('--json', 'print the receipt as JSON')
    .addHelpText(
      'after',
      '\nRows of others stay byte for byte. What analyses left is removed: analyse again. Copies elsewhere (uploads, backups,\nreports that were passed on) are not touched: docs/operate.md says what to do about them.\n\nExamples:\n  ecom forget 4711 data/\n  ecom forget 4711 data/ --yes',
    )
    .action(run);
}

interface Options {
  readonly yes?: boolean;
  readonly config?: string;
  readonly drop: string;
  readonly out?: string;
  readonly json?: boolean;
}

async function run(user: string, folder: string, options: Options): Promise<void> {
  const { yes = false, config: configFile, drop, out, json } = options;
  const receipt = await forget(user, folder, { drop, configFile, out, yes, now: new Date() });
  if (json) printJson(receipt);
  else printReceipt(receipt);
  if (!receipt.erased) return note(`Nothing was changed. To erase: the same command with --yes`);
  note(`Receipt: ${receipt.receipt}`);
  note(`Analyse again: ./ecom analyze ${shellWord(folder)}`);
}

function printReceipt({ files, removed, proof }: Receipt): void {
  print(
    table(
      [{ title: 'file' }, { title: 'rows of the user', right: true }],
      files.map(({ file, rows }) => [visible(file), formatCount(rows)]),
    ),
  );
  const whole = removed.map((file) => visible(file)).join(', ');
  if (removed.length > 0) print(`\n${proof === null ? 'To be removed' : 'Removed'} as a whole: ${whole}`);
  if (proof === null) return;
  const left = counted(proof.length, 'file');
  print(
    proof.some(({ searched }) => searched.includes('text'))
      ? `\nThe id is in none of ${left} that are left.`
      : `\nNo column of user ids in ${left} that are left has the id. As text it was not searched: it could be any number or word.`,
  );
}

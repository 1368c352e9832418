import type { Command } from 'commander';
import { positiveInteger } from '../arguments.ts';
import { connect } from '../pipeline/connection.ts';
import { deleteRuns, findOldRuns } from '../prune/prune.ts';
import { counted, formatBytes, note, print, printJson, table } from '../terminal.ts';

/** `ecom prune`: what old runs left in the processed bucket. */
export function define(command: Command): void {
  command
    .option('--keep <n>', 'newest uploads of each drop that stay', positiveInteger, 5)
    .option('--yes', 'delete; without it they are listed only')
    .option('--json', 'print the runs as JSON')
    .addHelpText(
      'after',
      '\nThe run that a drop shows stays, and so does one that is under way. What was uploaded is not touched.\n\nExamples:\n  ecom prune\n  ecom prune --keep 2 --yes',
    )
    .action(prune);
}

interface PruneOptions {
  readonly keep: number;
  readonly yes?: boolean;
  readonly json?: boolean;
}

async function prune({ keep, yes = false, json = false }: PruneOptions): Promise<void> {
  const connection = await connect();
  const old = await findOldRuns(connection, keep);
  if (json) printJson(old.map(({ runId, bytes, keys }) => ({ runId, bytes, objects: keys.length })));
  else if (old.length === 0) print('There is nothing to prune.');
  else {
    const columns = ['run', 'objects', 'bytes'].map((title) => ({ title, right: title !== 'run' }));
    print(
      table(
        columns,
        old.map(({ runId, keys, bytes }) => [runId, String(keys.length), formatBytes(bytes)]),
      ),
    );
  }
  if (old.length === 0) return;
  const total = formatBytes(old.reduce((sum, { bytes }) => sum + bytes, 0));
  if (!yes)
    return note(
      `Nothing was deleted. To delete ${counted(old.length, 'run')}, ${total}: ecom prune --keep ${keep} --yes`,
    );
  await deleteRuns(connection, old);
  note(`Deleted ${counted(old.length, 'run')}, ${total}.`);
}

import type { Command } from 'commander';
import { positiveInteger } from '../arguments.ts';
import { connect } from '../pipeline/connection.ts';
import { keptOnDisk } from '../pipeline/deployed.ts';
import type { KeptRun } from '../pipeline/kept-reports.ts';
import { listRuns, type RunSummary } from '../pipeline/runs.ts';
import { note, print, printJson, table } from '../terminal.ts';

/** `ecom runs`: the newest runs; where nothing runs, those of which this machine has kept the result. */
export function define(command: Command): void {
  command
    .option('--limit <n>', 'how many', positiveInteger, 20)
    .option('--json', 'print them as JSON')
    .addHelpText(
      'after',
      '\nWhere nothing runs, these are analyses of the folder that you are in and of those in it, and runs that the state\nfolder has kept.\n\nExamples:\n  ecom runs\n  ecom runs --limit 5 --json | jq -r .[0].runId',
    )
    .action(runs);
}

interface RunsOptions {
  readonly limit: number;
  readonly json?: boolean;
}

type Row = RunSummary | KeptRun;

async function runs({ limit, json }: RunsOptions): Promise<void> {
  const kept = await keptOnDisk();
  const rows: readonly Row[] = kept?.slice(0, limit) ?? (await listRuns(await connect(), limit));
  if (kept !== undefined) note('nothing runs here: these were kept on this machine');
  if (json) return printJson(rows);
  if (rows.length === 0) return print('There is no run yet. Start one: ./ecom run <dir>');
  print(
    table(
      [
        ...['run', 'attempt', 'drop', 'status', 'started (UTC)', 'seconds', 'decision'],
        ...(kept === undefined ? [] : ['from']),
      ].map((title) => ({ title, right: title === 'attempt' || title === 'seconds' })),
      rows.map((row) => [
        row.runId,
        row.attempt === null ? '' : String(row.attempt),
        row.drop ?? '',
        row.status,
        row.startedAt.slice(0, 19).replace('T', ' '),
        row.seconds?.toFixed(1) ?? '',
        row.decisions
          .map(({ experimentId, action }) => `${experimentId}: ${action.replaceAll('_', ' ')}`)
          .join(', '),
        ...('from' in row ? [row.from] : []),
      ]),
    ),
  );
}

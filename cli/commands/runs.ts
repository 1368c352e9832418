import type { Command } from 'commander';
import { positiveInteger } from '../arguments.ts';
import { connect } from '../pipeline/connection.ts';
import { listRuns } from '../pipeline/runs.ts';
import { print, printJson, table } from '../terminal.ts';

/** `ecom runs`: the newest runs. */
export function define(command: Command): void {
  command
    .option('--limit <n>', 'how many', positiveInteger, 20)
    .option('--json', 'print them as JSON')
    .addHelpText('after', '\nExamples:\n  ecom runs\n  ecom runs --limit 5 --json | jq -r .[0].runId')
    .action(runs);
}

interface RunsOptions {
  readonly limit: number;
  readonly json?: boolean;
}

async function runs(options: RunsOptions): Promise<void> {
  const rows = await listRuns(connect(), options.limit);
  if (options.json) return printJson(rows);
  if (rows.length === 0) return print('There is no run yet. Start one: ./ecom run <dir>');
  print(
    table(
      ['run', 'attempt', 'drop', 'status', 'started (UTC)', 'seconds', 'decision'].map((title) => ({
        title,
        right: title === 'attempt' || title === 'seconds',
      })),
      rows.map(({ runId, attempt, drop, status, startedAt, seconds, decisions }) => [
        runId,
        String(attempt),
        drop ?? '',
        status,
        startedAt.slice(0, 19).replace('T', ' '),
        seconds?.toFixed(1) ?? '',
        decisions
          .map(({ experimentId, action }) => `${experimentId}: ${action.replaceAll('_', ' ')}`)
          .join(', '),
      ]),
    ),
  );
}

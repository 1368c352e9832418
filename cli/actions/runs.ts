import { connect } from '../pipeline/connection.ts';
import { listRuns } from '../pipeline/runs.ts';
import { print, printJson, table } from '../terminal.ts';

export interface RunsOptions {
  readonly limit: number;
  readonly json?: boolean;
}

/** `ecom runs`: the newest runs. */
export async function runs(options: RunsOptions): Promise<void> {
  const rows = await listRuns(connect(), options.limit);
  if (options.json) return printJson(rows);
  if (rows.length === 0) return print('There is no run yet. Start one: npx ecom run <dir>');
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

import { once } from 'node:events';
import process from 'node:process';
import type { Command } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { openBrowser } from '../browser.ts';
import { connect } from '../pipeline/connection.ts';
import { databaseUrlOfTarget } from '../pipeline/database-url.ts';
import { note, print } from '../terminal.ts';
import { serve } from '../ui/server.ts';
import { Site } from '../ui/site.ts';

const defaultPort = 4600;

/** `ecom ui`: runs, reports and uploads in the browser. */
export function define(command: Command): void {
  command
    .option('--port <n>', 'port to listen on; 0 takes any that is free', parsePort, defaultPort)
    .option('--open', 'open it in the browser')
    .addHelpText(
      'after',
      `
The same data as JSON:
  /api/runs?limit=50        the newest runs
  /api/runs/<run>           a run: attempts, stages, failure, inputs, manifest, report, quarantined rows, marts
  /api/runs/<run>/compare   against the run of the drop before it, or ?with=<run>
  /runs/<run>/files/<name>  report.html, report.json, results.csv, results.parquet, EXPERIMENT_DECISION.md, manifest.json
The beginning of a run id will do. Ctrl-C ends it.

Examples:
  ecom ui --open
  ecom ui --port 0`,
    )
    .action(ui);
}

interface UiOptions {
  readonly port: number;
  readonly open?: boolean;
}

async function ui(options: UiOptions): Promise<void> {
  const connection = await connect();
  const server = await serve(new Site(connection, databaseUrlOfTarget), options.port);
  print(server.url);
  note('Ctrl-C ends it');
  if (options.open) await openBrowser(server.url);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.close();
}

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError({
    what: `"${text}" is not a port`,
    where: '--port',
    remedy: 'Give a number from 0 to 65535',
  });
}

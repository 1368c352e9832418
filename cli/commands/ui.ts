import type { Command } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import type { UiOptions } from '../actions/ui.ts';

const defaultPort = 4600;

/** `ecom ui`: runs, reports and uploads in the browser. */
export function registerUi(program: Command): void {
  program
    .command('ui')
    .description('show runs and reports, and take uploads, in the browser (on this machine only)')
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
    .action(async (options: UiOptions) => {
      const { ui } = await import('../actions/ui.ts');
      await ui(options);
    });
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

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { showingProgress } from '../../infrastructure/status-line.mjs';
import { formatCount } from '../../layers/report/format.ts';
import { dropConfigName } from '../../layers/runs/keys.ts';
import { generate } from '../generate/generate.ts';
import { stateFolder, statePaths } from '../local/state.ts';
import { prepareDrop } from '../pipeline/prepare-drop.ts';
import { runDrop } from '../pipeline/run-drop.ts';
import { downloadReport } from '../pipeline/run-report.ts';
import { startAndConnect } from '../pipeline/start.ts';
import { verdictText } from '../pipeline/verdict.ts';
import { note, print, printJson } from '../terminal.ts';
import experimentConfig from './demo-experiment.yaml';

/** `ecom demo`: everything, once, on generated data with a known uplift. */
export function define(command: Command): void {
  command
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nWhat does not run yet is started, as by ecom up.\n\nExamples:\n  ecom demo\n  ecom demo --json | jq .experiments[0].decision',
    )
    .action(demo);
}

interface DemoOptions {
  readonly json?: boolean;
}

async function demo(options: DemoOptions): Promise<void> {
  const connection = await startAndConnect();
  const folder = statePaths(stateFolder()).demo;
  const truth = await showingProgress('generating a shop', () =>
    generate({ directory: folder, users: 20_000, uplift: 0.25, seed: 42 }),
  );
  await writeFile(path.join(folder, dropConfigName), experimentConfig);
  note(
    `generated ${folder}: 20,000 users, ${formatCount(truth.datasets.events.rows)} events, a planted uplift of 25 % on conversion`,
  );
  const report = await runDrop(connection, await prepareDrop({ folder, drop: 'demo' }));
  const files = await downloadReport(connection, report.run.runId);
  if (options.json) return printJson(report);
  print(`\n${verdictText(report)}\n`);
  for (const file of files) print(file);
  print(`\nNext:
  ./ecom ui --open                         the same in the browser
  ./ecom init <folder of your CSVs>        a configuration for your own data
  ./ecom psql -c "select * from mart_user_outcomes limit 5"
  ./ecom down                              stops what runs, and keeps the data`);
}

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from 'commander';
import { hideStatus, showStatus } from '../../infrastructure/status-line.mjs';
import { defaultDrop } from '../../layers/runs/keys.ts';
import type { StageName } from '../../layers/runs/stages.ts';
import { openBrowser } from '../browser.ts';
import { analyzeFolder } from '../pipeline/analyze-folder.ts';
import { verdictText } from '../pipeline/run-report.ts';
import { note, print, printJson, visible } from '../terminal.ts';

/** `ecom analyze <dir>`: from a folder of CSVs to the verdict, in this process. */
export function define(command: Command): void {
  command
    .argument('<dir>')
    .option('--config <file>', "configuration of the drop, in place of the folder's experiment.yaml")
    .option('--drop <name>', 'name of the drop', defaultDrop)
    .option('--out <dir>', 'folder for the report (default: <dir>/ecom-report)')
    .option('--load <url>', 'load the marts into a PostgreSQL database as well, and publish them there')
    .option('--no-cache', 'do everything anew, and keep nothing but the report')
    .option('--open', 'open the report in the browser')
    .option('--json', 'print the report as JSON, and nothing else, on standard output')
    .addHelpText(
      'after',
      '\nThe same stages as in the deployed pipeline, in one process: the same files give the same report, byte for byte.\nBeside the report, .runs keeps what the stages made: quarantined rows (ecom quarantine <dir>), marts as Parquet.\n\nExamples:\n  ecom analyze data/\n  ecom analyze data/ --out reports/june --open\n  ecom analyze data/ --load postgres://user:password@localhost/shop\n  ecom analyze data/ --json | jq .experiments[0].decision',
    )
    .action(analyze);
}

interface AnalyzeOptions {
  readonly drop: string;
  readonly config?: string;
  readonly out?: string;
  readonly load?: string;
  readonly cache: boolean;
  readonly open?: boolean;
  readonly json?: boolean;
}

async function analyze(folder: string, options: AnalyzeOptions): Promise<void> {
  const { drop, config: configFile, out, load, cache, open, json } = options;
  const started = Date.now();
  const onStage = followStages();
  const { report, files, unused } = await analyzeFolder(folder, {
    drop,
    configFile,
    out,
    load,
    cache,
    onStage,
  }).finally(hideStatus);
  for (const sentence of unused) note(visible(sentence));
  note(`analysed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  if (json) printJson(report);
  else {
    print(`\n${verdictText(report)}\n`);
    for (const file of files) print(file);
  }
  const page = files.find((file) => file.endsWith('.html'));
  if (open && page !== undefined) await openBrowser(pathToFileURL(path.resolve(page)).href);
}

/** Shows the stage at work and, of those that take a while, how long each took. */
function followStages(): (stage: StageName, parts: number, state: 'begins' | 'done') => void {
  let since = Date.now();
  return (stage, parts, state) => {
    if (state === 'begins') {
      since = Date.now();
      showStatus(`${stage} …${parts > 1 ? ` ${parts} parts` : ''}`);
      return;
    }
    const seconds = (Date.now() - since) / 1000;
    if (seconds >= 1) note(`  ${stage.padEnd(8)} ${seconds.toFixed(1).padStart(7)} s`);
  };
}

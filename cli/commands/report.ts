import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Command, Option } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import type { Report } from '../../layers/report/schema.ts';
import { slackMessage } from '../../layers/report/slack-message.ts';
import { areas, defaultDrop, reportFiles } from '../../layers/runs/keys.ts';
import type { RunStore } from '../../layers/runs/store.ts';
import { openBrowser } from '../browser.ts';
import { printPdf } from '../chromium.ts';
import { isFolder, lastAnalysisOf, lastReportOf } from '../pipeline/analyses.ts';
import type { Connection } from '../pipeline/connection.ts';
import { deployedPipeline, keptOnDisk } from '../pipeline/deployed.ts';
import type { KeptRun } from '../pipeline/kept-reports.ts';
import { writeNotebook } from '../pipeline/notebook.ts';
import { downloadReport, readReport } from '../pipeline/run-report.ts';
import { verdictText } from '../pipeline/verdict.ts';
import { note, print, printJson } from '../terminal.ts';

/** `ecom report [run|dir]`: the verdict of a run, of a drop's published run, or of a folder's last analysis. */
export function define(command: Command): void {
  command
    .argument('[run|dir]', 'a run of the pipeline, or a folder that was analysed')
    .option('--drop <name>', 'the drop whose published run is meant, when no run is named')
    .option(
      '--out <dir>',
      'where ecom analyze put the report of the folder, if elsewhere than it does by itself',
    )
    .option('--open', 'open the report in the browser')
    .option('--pdf', 'print the page to report.pdf beside it, with the Chromium of this machine')
    .option(
      '--notebook',
      'put a Jupyter notebook beside it that computes the first table again, and the users (Parquet)',
    )
    .addOption(
      new Option(
        '--slack',
        'print the verdict, lift and interval as a message for a webhook of Slack (JSON)',
      ).conflicts('json'),
    )
    .option('--link <url>', 'where whoever reads the message opens the report')
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      '\nThe beginning of the run id will do. Where nothing runs, it is told from what lies on this machine: analyses of the\nfolder that you are in and of those in it, and runs that the state folder has kept.\n\nExamples:\n  ecom report data/ --open\n  ecom report\n  ecom report --drop shop_b --pdf\n  ecom report data/ --slack --link https://example.com/report.html\n  ecom report 3f2a --json | jq .experiments[0].decision',
    )
    .action(report);
}

interface ReportOptions {
  readonly drop?: string;
  readonly out?: string;
  readonly open?: boolean;
  readonly pdf?: boolean;
  readonly notebook?: boolean;
  readonly slack?: boolean;
  readonly link?: string;
  readonly json?: boolean;
}

/** A report, and how to get at its files. */
interface Found {
  readonly report: Report;
  readonly files: () => Promise<readonly string[]>;
  /** What the run left; undefined where only the report was kept. */
  readonly store: () => Promise<RunStore | undefined>;
}

async function report(source: string | undefined, options: ReportOptions): Promise<void> {
  const { open, pdf, notebook: asNotebook, slack, link, json } = options;
  if (link !== undefined && !(URL.canParse(link) && /^https?:/.test(link))) {
    throw new UsageError({ what: 'this is no address', where: `--link ${link}`, remedy: 'Write https://…' });
  }
  const { report: found, files: filesOf, store } = await find(source, options);
  if (json) printJson(found);
  if (json && !open && !pdf && !asNotebook) return;
  const files = await filesOf();
  const page = path.resolve(files.find((file) => file.endsWith('.html')) ?? '');
  if (slack) printJson(slackMessage(found, link ?? page));
  else if (!json) print(`${verdictText(found)}\n`);
  const made = [
    ...(pdf ? [await pdfOf(page)] : []),
    ...(asNotebook ? [await writeNotebook(path.dirname(page), found.run.runId, await store())] : []),
  ].map(shortPath);
  if (!json && !slack) for (const file of [...files, ...made]) print(file);
  if (open) await openBrowser(pathToFileURL(page).href);
}

async function pdfOf(page: string): Promise<string> {
  const pdf = page.replace(/\.html$/, '.pdf');
  await printPdf(page, pdf);
  return pdf;
}

/** A path as it is read best: from the folder that one is in, where the file lies below it. */
function shortPath(file: string): string {
  const relative = path.relative('.', file);
  return relative.startsWith('..') ? file : relative;
}

async function find(source: string | undefined, options: ReportOptions): Promise<Found> {
  if (source !== undefined && (await isFolder(source))) return reportOfFolder(source, options);
  const kept = await keptOnDisk();
  return kept === undefined ? reportOfRun(source, options) : reportOnDisk(kept, source, options);
}

async function reportOfFolder(folder: string, { out }: ReportOptions): Promise<Found> {
  const { report, file } = await lastReportOf(folder, out);
  return {
    report,
    files: async () => reportFiles.map((name) => path.join(path.dirname(file), name)),
    store: async () => (await lastAnalysisOf(folder, out)).store,
  };
}

async function reportOfRun(run: string | undefined, options: ReportOptions): Promise<Found> {
  const { connection, findRun } = await deployedPipeline();
  const runId =
    run === undefined ? await publishedRun(connection, options.drop) : await findRun(connection, run);
  return {
    report: await readReport(connection, runId),
    files: () => downloadReport(connection, runId),
    store: async () => connection.store,
  };
}

/** The newest that is meant: of a drop's saved runs the published one, like where the pipeline runs. */
async function reportOnDisk(
  kept: readonly KeptRun[],
  run: string | undefined,
  { drop }: ReportOptions,
): Promise<Found> {
  const meant = kept.filter(
    (each) => (run === undefined || each.runId.startsWith(run)) && (drop === undefined || each.drop === drop),
  );
  const found =
    meant.find(({ published, attempt }) => published || attempt === null || run !== undefined) ?? meant[0];
  const read = await found?.report();
  if (found === undefined || read === undefined) {
    throw new UsageError({
      what:
        found === undefined
          ? 'nothing runs here, and no such report was kept'
          : `run ${found.runId} has no report: it failed`,
      remedy: './ecom runs lists what was kept; ./ecom up starts the pipeline',
    });
  }
  const when = found.startedAt.slice(0, 16).replace('T', ' ');
  note(`nothing runs here: run ${found.runId} of the drop "${found.drop}", ${when} UTC, from ${found.from}`);
  return { report: read, files: found.files, store: found.store };
}

/** The drop's published run; without a drop, that of the newest publication. */
async function publishedRun({ store }: Connection, drop: string | undefined): Promise<string> {
  const drops = drop === undefined ? await dropsShown(store) : [drop];
  const pointers = await Promise.all(drops.map((name) => store.read('latest', name)));
  const published = pointers
    .filter((pointer) => pointer !== undefined)
    .toSorted((a, b) => b.publishedAt.localeCompare(a.publishedAt));
  if (published[0] !== undefined) return published[0].runId;
  throw new UsageError({
    what: drop === undefined ? 'nothing is published yet' : `nothing is published for the drop "${drop}"`,
    remedy: `Run it: ./ecom run <dir>${drop === undefined || drop === defaultDrop ? '' : ` --drop ${drop}`}`,
  });
}

async function dropsShown({ processed }: RunStore): Promise<string[]> {
  const pointers = await processed.list(areas.latest);
  return pointers.map(({ key }) => path.posix.basename(key, '.json'));
}

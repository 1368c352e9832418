import path from 'node:path';
import { type DatasetName, datasetContracts, datasetNames } from '../../layers/data/datasets/index.ts';
import { type Config, fileNamesOf } from '../../layers/experiment/config.ts';
import { haveOutcomesInRows } from '../../layers/experiment/user-rows.ts';
import { DataError } from '../../layers/platform/errors.ts';
import { defaultDrop } from '../../layers/runs/keys.ts';
import type { DropFile } from '../pipeline/drop-folder.ts';
import { findDrop } from '../pipeline/prepare-drop.ts';
import { shellWord } from '../terminal.ts';
import { type Check, outcomeOf, passed, skipped, type ValidationReport, worst } from './check.ts';
import { checkDataset } from './datasets.ts';
import { type DryRun, dryRun, unreadableFiles } from './dry-run.ts';
import { checkDecisiveEvents, checkEventNames, checkMoney, hasEventsWithoutUser } from './event-checks.ts';
import { checkExcludedUsers } from './excluded-users.ts';
import { checkExperiments } from './experiments.ts';
import { checkTimeZones } from './time-zones.ts';

export interface ValidateOptions {
  readonly folder: string;
  /** A configuration in place of the folder's experiment.yaml. */
  readonly configFile?: string | undefined;
}

/**
 * Checks the raw files of a folder as a run finds them, by running the engine up to the sums of each experiment: files
 * and columns, values, keys, references, order of time, and each experiment's split and exposure.
 * @throws UsageError for a folder or configuration file that is not there, ConfigError for a mistake in the latter
 */
export async function validate({ folder, configFile }: ValidateOptions): Promise<ValidationReport> {
  const { files, unused, config } = await findDrop({ folder, drop: defaultDrop, configFile });
  const { checks, quarantined } = await dryRun(files, folder, async (run) => ({
    checks: await checkAll(run, files, folder, config),
    quarantined: Object.values(run.measured.quality).reduce((sum, rows) => sum + rows.quarantined, 0),
  }));
  return {
    folder,
    status: worst(checks),
    outcome: outcomeOf(checks, quarantined),
    quarantined,
    takesPipeline: config.summary === null,
    unused,
    checks,
  };
}

/**
 * What certainly fails a run and is soon found: headers, and what is wrong with the assignments and the control.
 * @throws DataError with the first such finding of `validate`
 */
export async function checkBeforeUpload({ folder, configFile }: ValidateOptions): Promise<void> {
  const { files } = await findDrop({ folder, drop: defaultDrop, configFile });
  const checks = await unreadableFiles(files, folder);
  if (checks.length === 0) {
    const assigned = files.filter(({ kind }) =>
      ['experiment_assignments', 'excluded_users', 'config'].includes(kind),
    );
    const found = await dryRun(assigned, folder, (run) => checkAssignments(run, assigned, folder, 'none'));
    checks.push(...found);
  }
  const failed = checks.filter(({ status }) => status === 'fail');
  const [first] = failed;
  if (first === undefined) return;
  const more =
    failed.length === 1 ? '' : `. For all ${failed.length} findings: ./ecom validate ${shellWord(folder)}`;
  throw new DataError({
    what: `nothing was uploaded, since a run would fail: ${first.finding}`,
    where: first.example === null ? folder : path.join(folder, first.example),
    remedy: `${first.remedy}${more}`,
  });
}

async function checkAll(
  run: DryRun,
  files: readonly DropFile[],
  folder: string,
  config: Config,
): Promise<Check[]> {
  if (config.summary !== null) return checkExperiments(run, 'none');
  const checks: Check[] = [];
  for (const dataset of datasetNames) {
    const names = namesOf(files, dataset, folder);
    checks.push(filesCheck(dataset, names, config));
    if (names.length > 0 && dataset !== 'experiment_assignments') checks.push(...checkDataset(run, dataset));
  }
  const failed = (dataset: DatasetName) =>
    checks.some((check) => check.dataset === dataset && check.status === 'fail') &&
    namesOf(files, dataset, folder).length > 0;
  const unsure = failed('events') || (failed('sessions') && (await hasEventsWithoutUser(run)));
  if (failed('events')) checks.push(skipped('events', 'event_names', 'events'));
  else if (run.plan.present.includes('events')) {
    checks.push(
      ...(await checkEventNames(run, haveOutcomesInRows(config))),
      ...checkDecisiveEvents(run),
      ...(await checkMoney(run)),
    );
  }
  const readable = datasetNames.filter(
    (dataset) =>
      run.plan.present.includes(dataset) &&
      !run.refusals.some((refusal) => refusal.dataset === dataset && refusal.of === 'file'),
  );
  checks.push(...(await checkTimeZones(run, readable)));
  const exposures = unsure ? 'skip' : run.plan.present.includes('events') ? 'check' : 'none';
  checks.push(...(await checkAssignments(run, files, folder, exposures)));
  const inOrder = checks.toSorted(
    (a, b) => datasetNames.indexOf(a.dataset) - datasetNames.indexOf(b.dataset),
  );
  return withoutRepeats(haveOutcomesInRows(config) ? inOrder.filter(tellsOfRows) : inOrder);
}

/** Whether the finding is more than that rows with arm and outcome side by side have no times of their own. */
function tellsOfRows({ check }: Check): boolean {
  return check !== 'date_alone';
}

/** Each finding once where several datasets are read from one file. */
function withoutRepeats(checks: readonly Check[]): Check[] {
  const isTold = ({ check, example }: Check, index: number) =>
    checks.slice(0, index).some((other) => other.check === check && other.example === example);
  return checks.filter((one, index) => one.status !== 'warn' || one.example === null || !isTold(one, index));
}

/** The rows of the assignments, then each experiment, then the users to leave out. */
async function checkAssignments(
  run: DryRun,
  files: readonly DropFile[],
  folder: string,
  exposures: 'check' | 'skip' | 'none',
): Promise<Check[]> {
  const dataset = 'experiment_assignments' as const;
  const isThere = namesOf(files, dataset, folder).length > 0;
  const checks = isThere ? checkDataset(run, dataset) : [];
  if (checks.some(({ status }) => status === 'fail')) checks.push(skipped(dataset, 'split', dataset));
  else if (run.plan.present.includes(dataset)) checks.push(...(await checkExperiments(run, exposures)));
  const lists = namesOf(files, 'excluded_users', folder);
  return [...checks, ...(await checkExcludedUsers(run, lists))];
}

/** The user's names of the files of a kind; empty ones do not count, as in a run. */
function namesOf(files: readonly DropFile[], kind: DropFile['kind'], folder: string): string[] {
  return files
    .filter((file) => file.kind === kind && file.size > 0)
    .map(({ file }) => path.relative(folder, file));
}

function filesCheck(dataset: DatasetName, names: readonly string[], config: Config): Check {
  if (names.length > 0) {
    const list = names.length === 1 ? `${names[0]}` : `${names[0]} and ${names.length - 1} more`;
    return passed(dataset, 'files', names.length, list);
  }
  const required = datasetContracts[dataset].required;
  if (!required && haveOutcomesInRows(config)) return passed(dataset, 'files', 0, 'none, and none is needed');
  return {
    ...passed(dataset, 'files', 0, `there is no ${fileNamesOf(config.raw)[dataset]}, or it is empty`),
    status: required ? 'fail' : 'warn',
    remedy: required
      ? `Put it there, or name yours in experiment.yaml: raw: { ${dataset}: your-file.csv }`
      : 'Metrics, checks and segments that need it are unavailable',
  };
}

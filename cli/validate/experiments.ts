import { unanalysable } from '../../layers/analysis/unanalysable.ts';
import { chunkName } from '../../layers/data/place.ts';
import { type ExperimentSettings, settingsOf } from '../../layers/experiment/config.ts';
import type { ExperimentMeasurement } from '../../layers/experiment/measurements.ts';
import { identifier, literal, literalList } from '../../layers/platform/sql.ts';
import { formatCount } from '../../layers/report/format.ts';
import { counted } from '../terminal.ts';
import { type Check, passed, skipped } from './check.ts';
import type { DryRun } from './dry-run.ts';
import { checkLogging } from './logging.ts';
import { shiftedEvents } from './shifted-events.ts';
import { checkSplit } from './split.ts';

const assignments = 'experiment_assignments' as const;

/**
 * Split, crossovers, variants and exposure of every experiment, as the engine counted them.
 * @param exposures whether there are events to look for them in, or none that can be used
 */
export async function checkExperiments(run: DryRun, exposures: 'check' | 'skip' | 'none'): Promise<Check[]> {
  const { config } = run.plan;
  const checks: Check[] = [];
  const isAlone = run.measured.experiments.every(
    (measured) =>
      unanalysable(measured, settingsOf(config, measured.experimentId), run.measured.asOf) !== null,
  );
  for (const measured of run.measured.experiments) {
    const { experimentId } = measured;
    const settings = settingsOf(config, experimentId);
    const users = usersByVariant(measured);
    checks.push(...checkSplit(experimentId, settings, users, config.schema, isAlone));
    if (config.summary === null) checks.push(await checkCrossovers(run, measured, users));
    if (exposures === 'check') {
      checks.push(await checkExposure(run, experimentId, settings), ...checkLogging(run, measured, settings));
    }
    if (exposures === 'skip') checks.push(skipped(assignments, 'exposure', 'events'));
  }
  return checks;
}

/** Users who were assigned to one variant alone, be it one that the experiment does not have. */
function usersByVariant({ arms, unknownVariants }: ExperimentMeasurement): Map<string, number> {
  return new Map(
    [...arms.map(({ variant, assigned }) => [variant, assigned] as const)]
      .concat(unknownVariants.map(({ variant, users }) => [variant, users] as const))
      .filter(([, users]) => users > 0)
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
}

async function checkCrossovers(
  run: DryRun,
  { experimentId, crossovers }: ExperimentMeasurement,
  users: ReadonlyMap<string, number>,
): Promise<Check> {
  const total = [...users.values()].reduce((sum, count) => sum + count, 0);
  if (crossovers === 0) {
    return passed(assignments, 'crossovers', total, `${experimentId}: every user has one variant`);
  }
  return {
    ...passed(assignments, 'crossovers', crossovers, `${experimentId}: users with several variants`),
    status: 'warn',
    example: await rowOfExample(run, experimentId, 'crossovers'),
    remedy: 'Check the assignment service; a run leaves these users out',
  };
}

async function checkExposure(
  run: DryRun,
  experimentId: string,
  { exposure }: ExperimentSettings,
): Promise<Check> {
  if (exposure === 'assignment') {
    return passed(assignments, 'exposure', 0, `${experimentId}: every assigned user counts as exposed`);
  }
  const users = (step: string) =>
    run.measured.population.find((count) => count.experimentId === experimentId && count.step === step)
      ?.users ?? 0;
  const event = exposure.event ?? run.plan.config.events.exposure;
  const [exposed, onlyBefore] = [users('exposed'), users('exposed_before_assignment')];
  const asked = exposed + onlyBefore + users('not_exposed');
  const when = exposure.require_assignment_before ? ' at or after the assignment' : '';
  const base = passed(
    assignments,
    'exposure',
    exposed,
    `${experimentId}: ${formatCount(exposed)} of ${counted(asked, 'user')} saw ${event}${when}`,
  );
  const shifted = asked === 0 ? undefined : await shiftedEvents(run, experimentId, event);
  if (shifted !== undefined) {
    const { hours, users: agreeing, remedy } = shifted;
    const look = hours < 0 ? ['early', 'late'] : ['late', 'early'];
    return {
      ...base,
      status: 'warn',
      count: agreeing,
      example: await rowOfExample(run, experimentId, 'exposed_before_assignment'),
      finding: `${base.finding}: your events look ${counted(Math.abs(hours), 'hour')} ${look[0]}, or the assignments as ${look[1]}, for ${formatCount(agreeing)} of them`,
      remedy,
      ...(exposed === 0 && { consequence: `have nobody to analyse in ${experimentId}` }),
    };
  }
  if (exposed === 0) {
    return {
      ...base,
      status: 'warn',
      remedy: 'Name the right event under events.exposure, or use exposure: assignment',
      consequence: `have nobody to analyse in ${experimentId}`,
    };
  }
  if (onlyBefore === 0) return base;
  return {
    ...base,
    status: 'warn',
    count: onlyBefore,
    example: await rowOfExample(run, experimentId, 'exposed_before_assignment'),
    finding: `${experimentId}: ${counted(onlyBefore, 'user')} saw ${event} only before the assignment, ${formatCount(exposed)} after it`,
    remedy: `Check assigned_ts; a run leaves the former out unless experiments.${experimentId}.exposure.require_assignment_before is false`,
  };
}

/** `file:line` of the assignment of a user whom the engine left out for a reason. */
async function rowOfExample(
  run: DryRun,
  experimentId: string,
  step: 'crossovers' | 'exposed_before_assignment',
): Promise<string | null> {
  const example = run.marts
    .flatMap(({ examples = [] }) => examples)
    .find((one) => one.experimentId === experimentId && one.step === step);
  const files = await run.objects('staged', `${assignments}/`);
  const chunks = run.plan.chunks.filter(({ dataset }) => dataset === assignments);
  if (example === undefined || files.length === 0) return null;
  const [row] = await run.database.query<{ line: string; file: string }>(`
    SELECT ${identifier('_line')} AS line, filename AS file
    FROM read_parquet(${literalList(files)}, filename = true, union_by_name = true)
    WHERE CAST(user_id AS VARCHAR) = ${literal(example.userId)} AND experiment_id = ${literal(experimentId)}
    ORDER BY file, line LIMIT 1`);
  if (row === undefined) return null;
  // One file is the whole dataset, or its number tells the part and the bucket.
  const number = /-(\d+)\.parquet$/.exec(row.file)?.[1];
  const part = number === undefined ? 0 : Math.floor(Number(number) / (run.plan.buckets + 1));
  const chunk = chunks.find((candidate) => candidate.part === part);
  return chunk === undefined
    ? null
    : run.place({ file: chunkName(chunk), line: Number(row.line), value: '' });
}

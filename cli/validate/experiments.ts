import { type Config, type ExperimentSettings, settingsOf } from '../../layers/experiment/config.ts';
import type { Database } from '../../layers/platform/duckdb.ts';
import { literal, renderSql } from '../../layers/platform/sql.ts';
import { formatCount } from '../../layers/report/format.ts';
import { counted } from '../terminal.ts';
import assignedUsersSql from './assigned-users.sql';
import { type Check, type Locate, locateRow, passed, skipped } from './check.ts';
import exposuresSql from './exposures.sql';
import { checkSplit } from './split.ts';

const assignments = 'experiment_assignments' as const;

/**
 * Split, crossovers, variants and exposure of every experiment in the assignments.
 * @param exposures whether there are events to look for them in, or none that can be used
 */
export async function checkExperiments(
  database: Database,
  config: Config,
  exposures: 'check' | 'skip' | 'none',
  locate: Locate,
): Promise<Check[]> {
  await database.run(assignedUsersSql);
  const rows = await database.query<{
    experiment_id: string;
    variant: string;
    users: string;
    crossovers: string;
    first_row: string | null;
  }>(`
    SELECT experiment_id, variant, count(*) FILTER (variants = 1) AS users,
      count(*) FILTER (variants > 1) AS crossovers, min(_row) FILTER (variants > 1) AS first_row
    FROM assigned_users GROUP BY ALL ORDER BY ALL`);
  const checks: Check[] = [];
  for (const experiment of new Set(rows.map((row) => row.experiment_id))) {
    const variants = rows.filter((row) => row.experiment_id === experiment);
    const settings = settingsOf(config, experiment);
    const users = new Map(variants.map(({ variant, users: count }) => [variant, Number(count)]));
    checks.push(...checkSplit(experiment, settings, users, config.schema));
    const crossovers = variants.reduce((sum, row) => sum + Number(row.crossovers), 0);
    const total = [...users.values()].reduce((sum, count) => sum + count, 0);
    const crossed = variants.find(({ first_row }) => first_row !== null);
    checks.push(
      crossovers === 0
        ? passed(assignments, 'crossovers', total, `${experiment}: every user has one variant`)
        : {
            ...passed(assignments, 'crossovers', crossovers, `${experiment}: users with several variants`),
            status: 'warn',
            example: locateRow(locate, assignments, crossed?.first_row ?? null),
            remedy: 'Check the assignment service; a run leaves these users out',
          },
    );
    if (exposures === 'check')
      checks.push(await checkExposure(database, experiment, settings, config, locate));
    if (exposures === 'skip') checks.push(skipped(assignments, 'exposure', 'events'));
  }
  return checks;
}

async function checkExposure(
  database: Database,
  experiment: string,
  { exposure }: ExperimentSettings,
  config: Config,
  locate: Locate,
): Promise<Check> {
  if (exposure === 'assignment') {
    return passed(assignments, 'exposure', 0, `${experiment}: every assigned user counts as exposed`);
  }
  const event = exposure.event ?? config.events.exposure;
  const seen = await database.row<
    Record<'assigned' | 'exposed' | 'only_before', string> & { first_row: string | null }
  >(renderSql(exposuresSql, { exposure: literal(event), experiment: literal(experiment) }));
  const exposed = Number(seen.exposed);
  const onlyBefore = Number(seen.only_before);
  const required = exposure.require_assignment_before;
  const usable = required ? exposed : exposed + onlyBefore;
  const when = required ? ' at or after the assignment' : '';
  const base = passed(
    assignments,
    'exposure',
    usable,
    `${experiment}: ${formatCount(usable)} of ${counted(Number(seen.assigned), 'user')} saw ${event}${when}`,
  );
  if (usable === 0) {
    return {
      ...base,
      status: 'warn',
      remedy: 'Name the right event under events.exposure, or use exposure: assignment',
      consequence: `have nobody to analyse in ${experiment}`,
    };
  }
  if (!required || onlyBefore === 0) return base;
  return {
    ...base,
    status: 'warn',
    count: onlyBefore,
    example: locateRow(locate, assignments, seen.first_row),
    finding: `${experiment}: ${counted(onlyBefore, 'user')} saw ${event} only before the assignment, ${formatCount(exposed)} after it`,
    remedy: `Check assigned_ts; a run leaves the former out unless experiments.${experiment}.exposure.require_assignment_before is false`,
  };
}

import { UsageError } from '../../layers/platform/errors.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { Sharing } from '../../layers/statistics/joint-power.ts';
import { connect } from '../pipeline/connection.ts';
import { findRun } from '../pipeline/executions.ts';
import { readReport } from '../pipeline/report.ts';
import {
  type Baseline,
  baselinesOf,
  comparisonDesign,
  type Guardrail,
  inflationOf,
  type Plan,
  planFor,
} from '../power/plan.ts';
import type { SequentialMethod } from '../power/sequential-methods.ts';
import { note, print, printJson, table } from '../terminal.ts';

export interface PowerOptions {
  readonly baseline?: number;
  readonly mean?: number;
  readonly sd?: number;
  readonly run?: string;
  readonly lift?: number;
  readonly users?: number;
  readonly dailyUsers?: number;
  readonly alpha: number;
  readonly power: number;
  readonly allocation: number;
  readonly arms: number;
  readonly correction: Sharing;
  readonly guardrail: readonly Guardrail[];
  readonly sequential: SequentialMethod;
  readonly looks: number;
  readonly json?: boolean;
}

/** `ecom power`: how many users an experiment takes, or what it can find. */
export async function power(options: PowerOptions): Promise<void> {
  if (options.lift === undefined && options.users === undefined) {
    throw new UsageError({
      what: 'nothing is asked',
      remedy: 'Give --lift for the users it takes, or --users for the lift they find',
    });
  }
  const baselines = await baselinesFor(options);
  const design = comparisonDesign({ ...options, guardrails: options.guardrail });
  const question = { ...design, inflation: inflationOf(design) };
  const plans = baselines.map((baseline) => planFor(baseline, question));
  if (options.json) printJson(options.run === undefined ? plans[0] : plans);
  else printPlans(plans, options);
}

async function baselinesFor({ baseline, mean, sd, run }: PowerOptions): Promise<Baseline[]> {
  const given = [baseline, mean, run].filter((option) => option !== undefined);
  if (given.length !== 1 || (mean === undefined) !== (sd === undefined)) {
    throw new UsageError({
      what: 'a plan needs one baseline',
      remedy: 'Give --baseline <rate>, or --mean <value> with --sd <value>, or --run <run>',
    });
  }
  if (baseline !== undefined) {
    return [{ metric: 'rate', kind: 'rate', value: baseline, variance: baseline * (1 - baseline) }];
  }
  if (mean !== undefined && sd !== undefined)
    return [{ metric: 'mean', kind: 'mean', value: mean, variance: sd ** 2 }];
  const connection = connect();
  const runId = await findRun(connection, run ?? '');
  const baselines = baselinesOf(await readReport(connection, runId));
  if (baselines.length > 0) return baselines;
  throw new UsageError({ what: `the report of run ${runId} has no metric with an interval to plan from` });
}

function printPlans(plans: readonly Plan[], options: PowerOptions): void {
  const { lift, users, dailyUsers, alpha, power, allocation, sequential, looks } = options;
  const { arms, correction, guardrail } = options;
  const columns = [
    { title: 'metric', show: true, cell: ({ metric }: Plan) => metric },
    { title: 'baseline', show: true, cell: ({ baseline }: Plan) => significant(baseline) },
    ...(['control', 'treatment', 'total'] as const).map((arm) => ({
      title: arm === 'total' ? 'users' : arm,
      show: lift !== undefined,
      cell: ({ needed }: Plan) => (needed === null ? 'impossible' : formatCount(needed[arm])),
    })),
    {
      title: 'detectable lift',
      show: users !== undefined,
      cell: ({ detectable }: Plan) =>
        detectable === null ? 'none' : `${significant(detectable.relative * 100)} %`,
    },
    {
      title: 'absolute',
      show: users !== undefined,
      cell: ({ detectable }: Plan) => (detectable === null ? '' : significant(detectable.absolute)),
    },
    {
      title: 'days',
      show: dailyUsers !== undefined,
      cell: ({ days }: Plan) => (days === null ? '' : formatCount(days)),
    },
  ].filter(({ show }) => show);
  print(
    table(
      columns.map(({ title }, index) => ({ title, right: index > 0 })),
      plans.map((plan) => columns.map(({ cell }) => cell(plan))),
    ),
  );
  note(
    [
      `\nalpha ${alpha}, two-sided; power ${power}; ${allocation} treatment users per control user`,
      ...(arms === 2 ? [] : [`; ${arms} arms, correction ${correction}`]),
      ...(guardrail.length === 0
        ? []
        : [`; with ${formatCount(guardrail.length)} guardrails that must hold too`]),
      ...(sequential === 'none' ? [] : [`; ${sequential.replace('_', ' ')}`]),
      ...(sequential === 'group_sequential' ? [`, ${looks} looks, O'Brien-Fleming-like spending`] : []),
      ...(lift === undefined ? [] : [`; lift ${significant(lift * 100)} %`]),
      ...(users === undefined ? [] : [`; ${formatCount(users)} users for the detectable lift`]),
    ].join(''),
  );
}

function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}

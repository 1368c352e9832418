import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { formatCount } from '../../layers/report/format.ts';
import type { Report } from '../../layers/report/schema.ts';
import { fraction, positiveInteger, positiveNumber } from '../arguments.ts';
import { isFolder, lastReportOf } from '../pipeline/analyses.ts';
import { deployedPipeline } from '../pipeline/deployed.ts';
import { readReport } from '../pipeline/report.ts';
import {
  type Baseline,
  baselinesOf,
  inflationOf,
  type Plan,
  planFor,
  type SequentialMethod,
  sequentialMethods,
} from '../power/plan.ts';
import { note, print, printJson, table } from '../terminal.ts';

/** `ecom power`: how many users an experiment takes, or what it can find. */
export function define(command: Command): void {
  command
    .option('--baseline <rate>', 'conversion rate of the control (0.042)', fraction)
    .option('--mean <value>', 'mean of the control, of a metric that is no rate; with --sd', number)
    .option('--sd <value>', 'standard deviation of one user', positiveNumber)
    .option(
      '--run <run|dir>',
      'take the baselines of all metrics from the report of a run, or of an analysed folder',
    )
    .option('--lift <ratio>', 'relative lift to find (0.05 for 5 %)', number)
    .option('--users <n>', 'users of both arms: tells the lift that they suffice to find', positiveInteger)
    .option('--daily-users <n>', 'new users a day, of both arms: tells the days', positiveInteger)
    .option('--alpha <level>', 'two-sided level of the test', fraction, 0.05)
    .option('--power <probability>', 'probability to find the lift', fraction, 0.8)
    .option('--allocation <ratio>', 'treatment users per control user', positiveNumber, 1)
    .addOption(
      new Option('--sequential <method>', 'how the experiment is looked at before its end')
        .choices(sequentialMethods)
        .default('none'),
    )
    .option(
      '--looks <n>',
      'equally spaced looks of a group sequential test, the last one included',
      positiveInteger,
      5,
    )
    .option('--json', 'print the plan as JSON')
    .addHelpText(
      'after',
      '\nBy the normal approximation, for one comparison and two arms. With --sequential: the users at the planned end; looks\nbefore it may stop the experiment sooner.\n\nExamples:\n  ecom power --baseline 0.042 --lift 0.05 --daily-users 4000\n  ecom power --baseline 0.042 --users 60000\n  ecom power --mean 5.2 --sd 31 --lift 0.03 --power 0.9\n  ecom power --baseline 0.042 --lift 0.05 --sequential group_sequential --looks 4\n  ecom power --run 3f2a --lift 0.05',
    )
    .action(power);
}

interface PowerOptions {
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
  readonly sequential: SequentialMethod;
  readonly looks: number;
  readonly json?: boolean;
}

async function power(options: PowerOptions): Promise<void> {
  if (options.lift === undefined && options.users === undefined) {
    throw new UsageError({
      what: 'nothing is asked',
      remedy: 'Give --lift for the users it takes, or --users for the lift they find',
    });
  }
  const baselines = await baselinesFor(options);
  const question = { ...options, inflation: inflationOf(options) };
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
  const { runId, report } = await reportOf(run ?? '');
  const baselines = baselinesOf(report);
  if (baselines.length > 0) return baselines;
  throw new UsageError({ what: `the report of run ${runId} has no metric with an interval to plan from` });
}

async function reportOf(source: string): Promise<{ runId: string; report: Report }> {
  if (await isFolder(source)) {
    const { report } = await lastReportOf(source);
    return { runId: report.run.runId, report };
  }
  const { connection, findRun } = await deployedPipeline();
  const runId = await findRun(connection, source);
  return { runId, report: await readReport(connection, runId) };
}

function printPlans(plans: readonly Plan[], options: PowerOptions): void {
  const { lift, users, dailyUsers, alpha, power, allocation, sequential, looks } = options;
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

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value === 0) {
    throw new InvalidArgumentError('It is a number other than 0.');
  }
  return value;
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { formatCount, formatQuantity } from '../../layers/report/format.ts';
import type { Report } from '../../layers/report/schema.ts';
import type { Sharing } from '../../layers/statistics/joint-power.ts';
import { fraction, positiveInteger, positiveNumber, ratioOf } from '../arguments.ts';
import { isFolder, lastReportOf } from '../pipeline/analyses.ts';
import { deployedPipeline } from '../pipeline/deployed.ts';
import { readReport } from '../pipeline/run-report.ts';
import {
  type Baseline,
  baselinesOf,
  comparisonDesign,
  type Guardrail,
  guardrailInflationOf,
  inflationOfPlan,
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
    .option('--lift <ratio>', 'relative lift to find (0.05 or 5%)', ratio)
    .option('--users <n>', 'users of all arms: tells the lift that they suffice to find', positiveInteger)
    .option('--daily-users <n>', 'new users a day, of all arms: tells the days', positiveInteger)
    .option('--alpha <level>', 'two-sided level of the test', fraction, 0.05)
    .option('--power <probability>', 'probability to find the lift', fraction, 0.8)
    .option('--allocation <ratio>', 'users of each treatment per control user', positiveNumber, 1)
    .option('--arms <n>', 'arms, the control among them', arms, 2)
    .addOption(
      new Option('--correction <method>', 'how several treatments share alpha')
        .choices(['holm', 'dunnett', 'none'])
        .default('holm'),
    )
    .option(
      '--guardrail <rate:limit>',
      'a rate that must be shown to hold too: 0.3:-0.02 may fall by 2 %, 0.01:+0.1 may rise by 10 %; can be repeated',
      guardrails,
      [],
    )
    .addOption(
      new Option('--sequential <method>', 'how the experiment is looked at before its end')
        .choices(sequentialMethods)
        .default('none'),
    )
    .option(
      '--looks <n>',
      'equally spaced looks of a group sequential test, the last one included; of as many as there are days, 20 cost almost all',
      positiveInteger,
      20,
    )
    .option('--json', 'print the plan as JSON')
    .addHelpText(
      'after',
      '\nBy the normal approximation. --power is the chance that the lift is found and all guardrails hold: the users are those\nof whichever takes most, at the level of one comparison of several. With --sequential: the users at the planned end; looks\nbefore it may stop the experiment sooner.\n\nExamples:\n  ecom power --baseline 0.042 --lift 0.05 --daily-users 4000\n  ecom power --baseline 0.042 --users 60000\n  ecom power --mean 5.2 --sd 31 --lift 0.03 --power 0.9\n  ecom power --baseline 0.042 --lift 0.05 --sequential group_sequential --looks 4\n  ecom power --baseline 0.042 --lift 0.05 --arms 3 --guardrail 0.3:-0.02\n  ecom power --run 3f2a --lift 0.05',
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
  readonly arms: number;
  readonly correction: Sharing;
  readonly guardrail: readonly Guardrail[];
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
  const design = comparisonDesign({ ...options, guardrails: options.guardrail });
  const question = {
    ...design,
    inflation: inflationOfPlan(design),
    guardrailInflation: guardrailInflationOf(design),
  };
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
        : [`; with ${formatQuantity(guardrail.length, 'guardrail')} that must hold too`]),
      ...(sequential === 'none' ? [] : [`; ${sequential.replace('_', ' ')}`]),
      ...(sequential === 'group_sequential' ? [`, ${looks} looks, O'Brien-Fleming-like spending`] : []),
      ...(lift === undefined ? [] : [`; lift ${significant(lift * 100)} %`]),
      ...(users === undefined ? [] : [`; ${formatCount(users)} users for the detectable lift`]),
      ...(options.run === undefined
        ? []
        : [
            '.\nEach metric is planned as a primary one, by itself. Of a guardrail the report asks more: that its margin holds, beside all else that is decided.',
          ]),
    ].join(''),
  );
}

function significant(value: number): string {
  return String(Number(value.toPrecision(4)));
}

/** Parser of an option: a share other than 0, also as a percentage. */
function ratio(text: string): number {
  const value = ratioOf(text);
  if (!Number.isFinite(value) || value === 0) {
    throw new InvalidArgumentError('It is a number or a percentage other than 0 (0.05 or 5%).');
  }
  return value;
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value === 0) {
    throw new InvalidArgumentError('It is a number other than 0.');
  }
  return value;
}

function arms(text: string): number {
  const count = positiveInteger(text);
  if (count < 2) throw new InvalidArgumentError('An experiment has two arms or more.');
  return count;
}

function guardrails(text: string, before: readonly Guardrail[]): Guardrail[] {
  const [rate = '', limit = '', ...rest] = text.split(':');
  if (rest.length > 0) throw new InvalidArgumentError('It is a rate and a limit, such as 0.3:-0.02.');
  const guardrail = { baseline: fraction(rate), limit: number(limit) };
  if (guardrail.limit <= -1) throw new InvalidArgumentError('A rate cannot fall by 100 % or more.');
  return [...before, guardrail];
}

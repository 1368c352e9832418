import { type Command, InvalidArgumentError, Option } from 'commander';
import type { PowerOptions } from '../actions/power.ts';
import { fraction, positiveInteger, positiveNumber } from '../arguments.ts';
import type { Guardrail } from '../power/plan.ts';
import { sequentialMethods } from '../power/sequential-methods.ts';

/** `ecom power`: how many users an experiment takes, or what it can find. */
export function registerPower(program: Command): void {
  program
    .command('power')
    .description(
      'plan an experiment: the users it takes to find a lift, or the lift that users suffice to find',
    )
    .option('--baseline <rate>', 'conversion rate of the control (0.042)', fraction)
    .option('--mean <value>', 'mean of the control, of a metric that is no rate; with --sd', number)
    .option('--sd <value>', 'standard deviation of one user', positiveNumber)
    .option('--run <run>', 'take the baselines of all metrics from the report of a run')
    .option('--lift <ratio>', 'relative lift to find (0.05 for 5 %)', number)
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
      'equally spaced looks of a group sequential test, the last one included',
      positiveInteger,
      5,
    )
    .option('--json', 'print the plan as JSON')
    .addHelpText(
      'after',
      '\nBy the normal approximation. --power is the chance that the lift is found and all guardrails hold: the users are those\nof whichever takes most, at the level of one comparison of several. With --sequential: the users at the planned end; looks\nbefore it may stop the experiment sooner.\n\nExamples:\n  ecom power --baseline 0.042 --lift 0.05 --daily-users 4000\n  ecom power --baseline 0.042 --users 60000\n  ecom power --mean 5.2 --sd 31 --lift 0.03 --power 0.9\n  ecom power --baseline 0.042 --lift 0.05 --sequential group_sequential --looks 4\n  ecom power --baseline 0.042 --lift 0.05 --arms 3 --guardrail 0.3:-0.02\n  ecom power --run 3f2a --lift 0.05',
    )
    .action(async (options: PowerOptions) => {
      const { power } = await import('../actions/power.ts');
      await power(options);
    });
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

function number(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value === 0) {
    throw new InvalidArgumentError('It is a number other than 0.');
  }
  return value;
}

import { type Command, Option } from 'commander';
import { UsageError } from '../../layers/platform/errors.ts';
import { type Architecture, estimateCost } from '../cost/estimate.ts';
import { prices } from '../cost/prices.ts';
import { defaultStanding, standingCost } from '../cost/standing.ts';
import { connect } from '../pipeline/connection.ts';
import { findRun, newestRun } from '../pipeline/executions.ts';
import { note, print, printJson, table } from '../terminal.ts';

/** `ecom cost [run]`: what a run costs on AWS. */
export function define(command: Command): void {
  command
    .argument('[run]')
    .addOption(
      new Option('--architecture <cpu>', 'of the functions').choices(['arm64', 'x86_64']).default('arm64'),
    )
    .option('--standing', 'what the stack costs a month without a run, instead')
    .option('--json', 'print the estimate as JSON')
    .addHelpText(
      'after',
      `\nFrom the run's manifest and the list prices of ${prices.region}; without the database, logs and reads of S3. A run of the emulator is priced as if its functions had taken as long on AWS.\n\nExamples:\n  ecom cost\n  ecom cost 3f2a --json | jq .total\n  ecom cost --standing`,
    )
    .action(cost);
}

interface CostOptions {
  readonly architecture: Architecture;
  readonly standing?: boolean;
  readonly json?: boolean;
}

async function cost(run: string | undefined, options: CostOptions): Promise<void> {
  const { architecture, standing, json } = options;
  if (standing) {
    printStanding(json);
    return;
  }
  const connection = await connect();
  const runId = run === undefined ? await newestRun(connection) : await findRun(connection, run);
  const manifest = await connection.store.read('manifest', runId);
  const estimate = manifest && estimateCost(manifest, architecture);
  if (estimate === undefined) {
    throw new UsageError({
      what:
        manifest === undefined
          ? 'the run has no manifest'
          : 'the manifest does not tell how long its functions took',
      where: `run ${runId}`,
      remedy: 'A run that is published from now on has one that does',
    });
  }
  if (json) return printJson({ runId, ...estimate });
  print(
    table(
      ['stage', 'calls', 'seconds', 'USD'].map((title) => ({ title, right: title !== 'stage' })),
      [
        ...estimate.stages.map(({ stage, calls, seconds, cost: own }) => [
          stage,
          String(calls),
          seconds.toFixed(1),
          usd(own),
        ]),
        ['state machine', '', '', usd(estimate.stateMachine)],
        ['writes to S3', '', '', usd(estimate.writes)],
        ['total', '', '', usd(estimate.total)],
      ],
    ),
  );
  note(
    `Its results cost ${usd(estimate.storageMonth)} USD a month. List prices of ${prices.region}, without the database.`,
  );
}

function printStanding(json = false): void {
  const cost = standingCost(defaultStanding);
  if (json) {
    printJson(cost);
    return;
  }
  const columns = ['what', 'USD a month'].map((title) => ({ title, right: title !== 'what' }));
  print(
    table(
      columns,
      Object.entries(cost).map(([what, amount]) => [what, amount.toFixed(2)]),
    ),
  );
  const { acuHour, gbMonth } = prices.aurora;
  note(
    `List prices of ${prices.region}. The database adds ${acuHour} an hour for each unit of capacity while it is awake, and ${gbMonth} a GB and month; S3 ${prices.s3.gbMonth} a GB and month; logs come on top.`,
  );
}

const usd = (amount: number) => amount.toFixed(6);

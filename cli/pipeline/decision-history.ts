import { decidingComparison, decidingInterval } from '../../layers/report/comparisons.ts';
import type { Decision, ExperimentReport } from '../../layers/report/schema.ts';
import type { MetricSide } from './compare.ts';
import type { Connection } from './connection.ts';
import { listRuns, type RunSummary } from './runs.ts';

/** What one run said of an experiment. */
export interface PastDecision {
  readonly run: Pick<RunSummary, 'runId' | 'drop' | 'startedAt' | 'published'>;
  /** Up to when its data go. */
  readonly asOf: string | null;
  readonly experiment: ExperimentReport;
}

/** The same in numbers, as the server answers. */
export interface DecisionRecord extends Pick<RunSummary, 'runId' | 'drop' | 'startedAt' | 'published'> {
  readonly asOf: string | null;
  readonly decision: Pick<Decision, 'action' | 'variant' | 'rule'>;
  /** Analysed users of all arms. */
  readonly users: number;
  /** The primary metric of the treatment that the decision is about; null where it is not computed. */
  readonly primary: (Pick<MetricSide, 'lift' | 'liftCi' | 'p'> & { readonly metric: string }) | null;
}

/** Attempts that are looked through, and decisions that are shown at most. */
const mostAttempts = 1000;
const mostDecisions = 100;

/** The decisions on an experiment, the newest first, each run once: of all drops, or of one. */
export async function decisionHistory(
  connection: Connection,
  experimentId: string,
  drop?: string,
): Promise<PastDecision[]> {
  const attempts = await listRuns(connection, mostAttempts, drop);
  const byRun = new Map(
    attempts
      .filter(({ decisions }) => decisions.some((decision) => decision.experimentId === experimentId))
      .toReversed()
      .map((run) => [run.runId, run]),
  );
  const newest = [...byRun.values()]
    .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, mostDecisions);
  const found = await Promise.all(
    newest.map(async (run): Promise<PastDecision[]> => {
      const report = await connection.store.read('report', run.runId);
      const experiment = report?.experiments.find((candidate) => candidate.experimentId === experimentId);
      return report === undefined || experiment === undefined
        ? []
        : [{ run, asOf: report.run.asOf, experiment }];
    }),
  );
  return found.flat();
}

export function decisionRecord({ run, asOf, experiment }: PastDecision): DecisionRecord {
  const { runId, drop, startedAt, published } = run;
  const { action, variant, rule } = experiment.decision;
  const primary = decidingComparison(experiment);
  const comparison = primary?.comparison;
  return {
    ...{ runId, drop, startedAt, published, asOf },
    decision: { action, variant, rule },
    users: experiment.arms.reduce((sum, { users }) => sum + users, 0),
    primary:
      primary === null || !comparison
        ? null
        : {
            metric: primary.metric.metric,
            lift: comparison.deciding.effect.relative,
            liftCi: decidingInterval(comparison).relative,
            p: comparison.deciding.test.p,
          },
  };
}

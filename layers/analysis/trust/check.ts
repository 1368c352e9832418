import type { ExperimentSettings } from '../../experiment/config.ts';
import type { ExperimentMeasurement, Measurements } from '../../experiment/measurements.ts';
import type { CovariateColumn } from '../../experiment/metrics.ts';
import type { StrayLabel } from '../../experiment/similar-labels.ts';
import type { ExperimentReport, TrustCheck } from '../../report/schema.ts';
import type { RunPlan } from '../../runs/documents.ts';
import type { Arm } from '../arm.ts';
import type { ParallelExperiments } from '../parallel.ts';
import type { Period } from '../ramp.ts';
import type { Sample } from '../sample.ts';
import type { Weights } from './split.ts';

export type Trust = ExperimentReport['trust'];

/** What the checks of an experiment need to know of its run. */
export type RunQuality = Pick<Measurements, 'quality' | 'warnings' | 'decisiveEvents'> &
  Pick<RunPlan, 'config'> &
  Partial<Pick<Measurements, 'quarantineRules'>> & {
    /** All experiments of the run, with their assigned users. */
    readonly experiments?: readonly { readonly experimentId: string; readonly assigned: number }[];
    /** What was found of users who are in several experiments. */
    readonly parallel?: ParallelExperiments;
    /** Columns of the files of events, as they are called there. */
    readonly eventColumns?: readonly string[];
  };

/** All that a check may need. */
export interface TrustInput {
  readonly measurement: ExperimentMeasurement;
  readonly settings: ExperimentSettings;
  readonly sample: Sample;
  /** Planned share of each arm, of all users together. */
  readonly weights: Weights;
  /** Of assignment; more than one where the shares were changed. */
  readonly periods: readonly Period[];
  readonly covariates: readonly CovariateColumn[];
  readonly run: RunQuality;
  /** The control first. */
  readonly arms: readonly Arm[];
  /** Users of all arms: assigned, exposed and analysed; and everyone who was assigned to anything. */
  readonly users: {
    readonly assigned: number;
    readonly exposed: number;
    readonly analysed: number;
    readonly everyone: number;
  };
  /** With equal weights, variants that are probably no arms. */
  readonly strays: readonly StrayLabel[];
}

/** What a check found, and the part of the report that holds what it is based on. */
export type Finding = Pick<TrustCheck, 'status' | 'explanation'> &
  Partial<Pick<TrustCheck, 'p' | 'note'>> & {
    readonly chiSquare?: { readonly chi2: number | null; readonly df: number | null };
    readonly evidence?: Partial<Trust>;
  };

/** One thing that is checked before an effect is believed. `evaluate` names what it needs by its parameter. */
export interface Check<Input = TrustInput> {
  readonly name: string;
  readonly label: string;
  /** Whether p is that of the most unlikely of several tests, corrected for their number. */
  readonly isAdjusted?: boolean;
  readonly evaluate: (input: Input) => Finding;
}

/** What the checks of how events were logged need. */
export type LoggingInput = Pick<TrustInput, 'measurement' | 'settings' | 'run'> & {
  readonly arms: readonly Pick<Arm, 'variant'>[];
};

export const nobodyExposed: Finding = { status: 'not_checked', explanation: 'Nobody was exposed.' };

export function notChecked(explanation: string): Finding {
  return { status: 'not_checked', explanation };
}

/** A check of a count: worth a note, or not. */
export function counted(isNotable: boolean, explanation: string): Finding {
  return { status: isNotable ? 'warn' : 'pass', explanation };
}

export function shareOf(users: number, all: number): Trust['crossovers'] {
  return { users, share: all === 0 ? null : users / all };
}

import type { DatasetName } from '../../data/datasets/index.ts';
import { formatCount, formatDecimal, formatQuantity, statedP } from '../../report/format.ts';
import type { SampleRatio, SplitCause } from '../../report/schema.ts';
import { reasonText } from '../../report/words.ts';
import type { Period } from '../ramp.ts';
import type { Check, Finding, TrustInput } from './check.ts';
import { probableRamp } from './probable-ramp.ts';
import { type ArmUsers, checkPeriods, checkSampleRatio } from './split.ts';
import { splitCauses } from './split-causes.ts';
import { splitsWithout } from './unknown-variants.ts';

type Needs = Pick<TrustInput, 'arms' | 'weights' | 'periods' | 'strays' | 'run' | 'measurement'>;

/** Whether the users who were exposed split as configured. */
export const sampleRatioExposed: Check = {
  name: 'sample_ratio_exposed',
  label: 'Sample ratio of exposed users',
  evaluate({ arms, weights, periods, strays, run, measurement }: Needs) {
    const users = arms.map(({ variant, exposed }) => ({ variant, users: exposed }));
    const srm = checkPeriods(periods.map((period) => ({ arms: period.exposed, weights: period.weights })));
    const srmCauses =
      strays.length > 0 || periods.length > 1 ? [] : splitCauses('exposed', measurement, weights);
    const ramp = toDeclare(measurement, arms, periods, strays);
    const remedy = `The arms are not comparable. Find the cause before reading any effect.${ramp}${toLookAt(srmCauses)}${setAside(run, ['users', 'experiment_assignments', 'events'])}`;
    return {
      ...finding('exposed', srm, periods, remedyOf(remedy, strays, users)),
      evidence: { srm, srmCauses },
    };
  },
};

/** Whether all users who were assigned split as configured. */
export const sampleRatioAssigned: Check = {
  name: 'sample_ratio_assigned',
  label: 'Sample ratio of assigned users',
  evaluate({ arms, weights, periods, strays, run, measurement }: Needs) {
    const users = arms.map(({ variant, assigned }) => ({ variant, users: assigned }));
    const srmAssigned = checkPeriods(
      periods.map((period) => ({ arms: period.assigned, weights: period.weights })),
    );
    const srmAssignedCauses =
      strays.length > 0 || periods.length > 1 ? [] : splitCauses('assigned', measurement, weights);
    const ramp = toDeclare(measurement, arms, periods, strays);
    const remedy = `Look at how users are assigned before reading any effect.${ramp}${toLookAt(srmAssignedCauses)}${setAside(run, ['experiment_assignments'])}`;
    return {
      ...finding('assigned', srmAssigned, periods, remedyOf(remedy, strays, users)),
      evidence: { srmAssigned, srmAssignedCauses },
    };
  },
};

/** What to declare where the days of assignment look as if the shares had been changed on purpose. */
function toDeclare(
  measurement: Needs['measurement'],
  arms: Needs['arms'],
  periods: Needs['periods'],
  strays: Needs['strays'],
): string {
  if (periods.length > 1 || strays.length > 0) return '';
  const ramp = probableRamp(
    measurement,
    arms.map(({ variant }) => variant),
  );
  return ramp === null
    ? ''
    : ` The shares look changed on purpose: if that was so, each period can be analysed within itself. Put this, with the shares as they were meant, into experiment.yaml and run the same files again: ${ramp}.`;
}

/** Causes that are told; the report has them all. */
const toldCauses = 3;

function toLookAt(causes: readonly SplitCause[]): string {
  return causes
    .slice(0, toldCauses)
    .map(({ explanation }, index) => ` ${index === 0 ? 'Most likely: ' : 'Else: '}${explanation}`)
    .join('');
}

/** Rows of these datasets that are in quarantine may be those of one arm: the rule that took out most of them. */
function setAside({ quarantineRules = [] }: TrustInput['run'], datasets: readonly DatasetName[]): string {
  const [most] = quarantineRules
    .filter(({ dataset }) => datasets.includes(dataset))
    .toSorted((a, b) => b.rows - a.rows);
  if (most === undefined) return '';
  const rule = most.column === null ? most.rule : `${most.column} ${most.rule}`;
  return ` Look first at the rows in quarantine, which may be those of one arm: ${formatQuantity(most.rows, 'row')} of ${most.dataset} by the rule ${rule}.`;
}

/** Arms that are probably none may be all that makes a split wrong. */
function remedyOf(usual: string, strays: TrustInput['strays'], users: readonly ArmUsers[]): string {
  return splitsWithout(strays, users)
    ? 'The variants above explain it: without them the users split as configured.'
    : usual;
}

function finding(
  users: 'exposed' | 'assigned',
  { status, chi2, df, p, reason, arms }: SampleRatio,
  periods: readonly Period[],
  remedy: string,
): Finding {
  if (status === 'not_checked') {
    return {
      status,
      explanation: `The split of ${users} users could not be tested: ${reasonText(reason ?? '')}.`,
    };
  }
  const split = arms
    .map((arm) => `${arm.variant} ${formatCount(arm.users)} (expected ${formatDecimal(arm.expected, 1)})`)
    .join(', ');
  const within = periods.length > 1 ? ` within ${periods.length} periods` : '';
  const apart = periods
    .filter((period) => checkSampleRatio(period[users], period.weights).status === 'fail')
    .map(({ until }) => (until === null ? 'the last one' : `the one until ${until}`));
  const where = within === '' || apart.length === 0 ? '' : ` Not as configured is ${apart.join(', ')}.`;
  const explanation =
    status === 'pass'
      ? `The ${users} users split as configured${within}: ${split}.`
      : `Sample ratio mismatch among ${users} users${within}: ${split}, ${statedP(p)}.${where} ${remedy}`;
  return { status, chiSquare: { chi2, df }, p, explanation };
}

import type { Config, ExperimentSettings } from '../../layers/experiment/config.ts';
import {
  type LabelUsers,
  type StrayLabel,
  similarLabel,
  strayArms,
  strayRemedy,
  strayText,
  withMisspelt,
} from '../../layers/experiment/similar-labels.ts';
import { formatCount, statedP } from '../../layers/report/format.ts';
import { sampleRatioTest, srmAlpha } from '../../layers/statistics/srm.ts';
import { type Check, passed } from './check.ts';

const dataset = 'experiment_assignments' as const;

/**
 * The variants of an experiment and the split of its users.
 * @param isAlone whether no other experiment of the drop can be analysed, so that a run would fail without this one
 */
export function checkSplit(
  experiment: string,
  { control, weights, ramp }: ExperimentSettings,
  users: ReadonlyMap<string, number>,
  schema: Config['schema'],
  isAlone: boolean,
): Check[] {
  const consequence = `call ${experiment} INVALID`;
  const fatal = isAlone ? ({ status: 'fail' } as const) : ({ status: 'warn', consequence } as const);
  const labels = [...users].map(([variant, count]) => ({ variant, users: count }));
  const about = (check: string, finding: string): Check =>
    passed(dataset, check, totalOf(labels), `${experiment}: ${finding}`);
  if (users.size === 0) {
    return [
      {
        ...about('variants', 'no user is left who has one variant alone'),
        ...fatal,
        remedy:
          'Check the assignment service and the times of the assignments, or take the rows of this experiment out',
      },
    ];
  }
  if (!users.has(control)) {
    return [
      {
        ...about('variants', `there is no control "${control}" among the variants: ${countsText(labels)}`),
        ...fatal,
        remedy: controlRemedy(experiment, [...users.keys()]),
      },
    ];
  }
  const strays = weights === 'equal' ? strayArms(labels, control) : unknownIn(labels, weights);
  const isStray = (variant: string) => strays.some((stray) => stray.variant === variant);
  const variants =
    weights === 'equal'
      ? labels.filter(({ variant }) => !isStray(variant)).map(({ variant }) => variant)
      : Object.keys(weights);
  const arms = weights === 'equal' ? withMisspelt(labels, strays) : labels;
  return [
    strays.length === 0
      ? about('variants', armsText(control, variants))
      : {
          ...about('variants', strayFinding(strays, weights)),
          count: totalOf(strays),
          status: 'warn',
          remedy: variantRemedy(
            strays,
            weights,
            strayRemedy(strays, { experimentId: experiment, variants, schema }),
          ),
          ...(weights === 'equal' && { consequence }),
        },
    // Where the shares were changed, the run checks them by the day of assignment.
    ramp.length === 0
      ? splitCheck(about, arms, variants, weights, consequence)
      : about('split', `${countsText(arms)}; judged within each period of the ramp`),
  ];
}

/** Which variant is the control nobody but a person knows: the wrong one turns the result round. */
function controlRemedy(experiment: string, variants: readonly string[]): string {
  if (variants.length < 2)
    return 'Export the assignments of every variant: a control is there to compare with';
  const names = variants.map((variant) => JSON.stringify(variant));
  return `Say in experiment.yaml which of them is the control, ${names.slice(0, -1).join(', ')} or ${names.at(-1)}: experiments: { ${JSON.stringify(experiment)}: { control: <its name> } }`;
}

/** Variants that the weights do not name. */
function unknownIn(labels: readonly LabelUsers[], weights: Readonly<Record<string, number>>): StrayLabel[] {
  return labels
    .filter(({ variant }) => weights[variant] === undefined)
    .map((label) => ({ ...label, like: similarLabel(label.variant, Object.keys(weights)) ?? null }));
}

function strayFinding(strays: readonly StrayLabel[], weights: ExperimentSettings['weights']): string {
  if (weights === 'equal') return strayText(strays);
  const misspelt = strays.filter(({ like }) => like !== null);
  const hint = misspelt.length === 0 ? '' : `; ${strayText(misspelt)}`;
  return `not among "weights": ${strays.map(({ variant }) => variant).join(', ')}${hint}`;
}

function variantRemedy(
  strays: readonly StrayLabel[],
  weights: ExperimentSettings['weights'],
  line: string,
): string {
  if (strays.some(({ like }) => like !== null)) return `Put this into experiment.yaml: ${line}`;
  return weights === 'equal'
    ? `If they are not arms, list the real arms in experiment.yaml: ${line}`
    : 'Give each variant its weight, or leave these users out of the export';
}

function splitCheck(
  about: (check: string, finding: string) => Check,
  arms: readonly LabelUsers[],
  variants: readonly string[],
  weights: ExperimentSettings['weights'],
  consequence: string,
): Check {
  const found = countsText(arms);
  const test = sampleRatioTest(
    variants.map((variant) => ({
      variant,
      users: arms.find((arm) => arm.variant === variant)?.users ?? 0,
      weight: weights === 'equal' ? 1 : (weights[variant] ?? 0),
    })),
  );
  if (test.reason !== null) {
    return {
      ...about('split', `${found}: ${test.reason.replaceAll('_', ' ')}, so that nothing can be compared`),
      status: 'warn',
      remedy: 'Export the assignments of every variant',
      consequence,
    };
  }
  const split = about('split', `${found}; chi-square ${statedP(test.p)}`);
  if (test.p >= srmAlpha) return split;
  return {
    ...split,
    status: 'warn',
    remedy: 'The split is not the configured one: find out which users are missing, or correct "weights"',
    consequence,
  };
}

function totalOf(labels: readonly LabelUsers[]): number {
  return labels.reduce((sum, { users }) => sum + users, 0);
}

function countsText(labels: readonly LabelUsers[]): string {
  return labels.map(({ variant, users }) => `${variant} ${formatCount(users)}`).join(', ');
}

/** `control against treatment`, `A (control) against B, C`. */
function armsText(control: string, variants: readonly string[]): string {
  const treatments = variants.filter((variant) => variant !== control);
  const name = control === 'control' ? control : `${control} (control)`;
  return treatments.length === 0 ? `${name} alone` : `${name} against ${treatments.join(', ')}`;
}

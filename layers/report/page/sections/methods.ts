import { formatCount, formatMoment, formatPercent, formatQuantity } from '../../format.ts';
import { type Content, type Html, html } from '../../html/html.ts';
import { metricName, name } from '../../html/names.ts';
import type { ExperimentReport } from '../../schema.ts';
import { basisText, confidence, errorRatesText, rampText } from '../../words.ts';
import type { ExperimentSection } from '../section.ts';

/** How the numbers were made, and with which settings. */
export const methodsSection: ExperimentSection = (experiment) => {
  const { settings, control } = experiment;
  const rates = errorRatesText(experiment);
  const ramp = rampText(experiment);
  return {
    id: 'methods',
    title: 'Methods and settings',
    body: html`<dl class="settings">
${entry('Control', name(control))}
${entry('Planned shares', weights(experiment))}
${ramp === undefined ? null : entry('Shares over time', ramp)}
${entry('A user counts from', exposure(experiment))}
${entry('Outcome window', settings.ofSums ? 'that of the sums, which do not tell it' : `${formatQuantity(settings.outcomeWindowDays, 'day')} from exposure, the exposure included`)}
${settings.ofSums ? null : entry('Window not ended', settings.immature === 'include' ? 'counted, and noted above' : 'left out, and counted above')}
${entry('Primary metric', html`${metricName(settings.primary)} <code>${name(settings.primary)}</code>`)}
${entry('Decided on', basisText(experiment))}
${entry('Rule that fired', html`<code>${experiment.decision.rule}</code>`)}
${entry('Significance level', `α = ${settings.alpha}, two-sided, ${confidence(settings.alpha)} intervals`)}
${entry('Planned end', settings.plannedEnd === null ? 'not declared' : formatMoment(settings.plannedEnd))}
${entry('Planned users', settings.plannedUsers === null ? 'not declared' : formatCount(settings.plannedUsers))}
${entry('Correction', correction(experiment))}
${rates === undefined ? null : entry('Error rates', rates)}
${entry('Covariates', settings.cupedLookbackDays === null ? 'none' : `from ${formatQuantity(settings.cupedLookbackDays, 'day')} before exposure`)}
${entry('Segments', `levels of at least ${formatCount(settings.segmentMinimumUsers)} users in each arm`)}
</dl>
<ul class="method-list">
<li>Conversions: unpooled z-test of two proportions. Means and ratios: Welch’s t-test; a ratio is the sum over the sum, with the delta method’s variance over users.</li>
<li>The test and the interval of a metric share one standard error and one α, so a p-value and its interval never contradict each other. The relative interval is Fieller’s, which keeps that promise.</li>
<li>A corrected interval is the one that agrees with its own corrected p-value. Under Dunnett all intervals of one metric are right at once; under Holm or Benjamini and Hochberg those of a family are not.</li>
<li>p-values are corrected within each role: primary and secondary metrics are families of their own. Guardrails are not corrected, because every one of them has to hold.</li>
<li>Guardrails: one-sided non-inferiority test at ${settings.guardrailAlpha} against the declared margin, which moves with the control’s own uncertainty.</li>
<li>Too few users: nothing is inferred from an arm in which fewer than 5 users are expected to make up the metric’s sum. With unequal arms that is up to 20.</li>
<li>Amounts such as revenue: with fewer than 100 buyers in an arm their interval and p are rough. Of unequal arms the test is corrected for the skew of all users, and not made where that is too large.</li>
<li>Sample ratio: chi-square test of the exposed and of the assigned users against the planned shares; p below 0.001 makes the experiment invalid.</li>
</ul>`,
  };
};

function correction({ settings }: ExperimentReport): string {
  const over = { holm: 'Holm', benjamini_hochberg: 'Benjamini and Hochberg', none: 'none' }[
    settings.correction
  ];
  const arms = { holm: 'Holm', dunnett: 'Dunnett' }[settings.multipleArms];
  return `${over} over metrics, ${arms} over arms`;
}

function weights({ settings, arms }: ExperimentReport): Html[] {
  return arms.map(
    ({ variant }, index) =>
      html`${index === 0 ? '' : ', '}${name(variant)} ${formatPercent(settings.weights[variant] ?? 0)}`,
  );
}

function exposure({ settings }: ExperimentReport): Content {
  if (settings.exposure === 'assignment') return 'the assignment';
  return html`the first <code>${name(settings.exposure)}</code> ${
    settings.requireAssignmentBefore ? 'at or after the assignment' : 'event, also before the assignment'
  }`;
}

function entry(term: string, value: Content): Html {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

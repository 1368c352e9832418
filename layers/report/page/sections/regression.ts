import { formatDifference, formatP, formatStatistic, statedP } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { name, unbroken } from '../../html/names.ts';
import { plainTable } from '../../html/table.ts';
import type { Regression } from '../../schema.ts';
import { reasonText } from '../../words.ts';
import type { ExperimentSection } from '../section.ts';

/** The regression that may adjust: its covariates come from before the exposure. */
export const regressionSection: ExperimentSection = ({ regression, control }) =>
  regression.length === 0
    ? null
    : {
        id: 'regression',
        title: 'Regression on what users did before',
        body: html`${regression.map((one) => model(one, control))}`,
      };

function model({ variant, covariates, standardErrors, note, result }: Regression, control: string): Html {
  const title = html`${name(variant)} against ${name(control)}: purchased ~ treatment${covariates.map((covariate) => html` + ${name(covariate)}`)}`;
  if ('reason' in result) {
    return html`<p class="notice">${title}: not computed, ${reasonText(result.reason)}. ${note}</p>`;
  }
  const errors = standardErrors === 'hc1' ? 'robust standard errors (HC1)' : 'standard errors of the model';
  return html`${plainTable<(typeof result.terms)[number]>(
    html`Logistic regression, ${errors}. ${title}`,
    [
      { label: 'Term', cell: ({ name: term }) => html`<code>${name(term)}</code>` },
      { label: 'Coefficient', align: 'number', cell: ({ coefficient }) => formatStatistic(coefficient) },
      { label: 'Standard error', align: 'number', cell: ({ se }) => formatStatistic(se) },
      { label: 'z', align: 'number', cell: ({ z }) => formatStatistic(z) },
      { label: 'p', align: 'number', cell: ({ p }) => formatP(p) },
    ],
    result.terms,
  )}<p class="fine">Average marginal effect of the treatment: <strong>${effect(result.averageMarginalEffect.value)}</strong> on the purchase conversion, ${effect(result.averageMarginalEffect.ci[0])} to ${effect(result.averageMarginalEffect.ci[1])}, ${statedP(result.averageMarginalEffect.p)}. ${note}</p>`;
}

function effect(points: number): string {
  return unbroken(formatDifference('share', points));
}

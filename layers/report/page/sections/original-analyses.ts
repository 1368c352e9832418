import { formatDifference, formatP, formatStatistic, formatValue } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { name } from '../../html/names.ts';
import { plainTable } from '../../html/table.ts';
import type { OriginalAnalyses } from '../../schema.ts';
import { confidence, reasonText } from '../../words.ts';
import type { ExperimentSection } from '../section.ts';

/** The two analyses of the original Python project, to compare with its printed results. */
export const originalAnalysesSection: ExperimentSection = ({ parity, control, settings, arms }) =>
  parity === null
    ? null
    : {
        id: 'original',
        title: 'Cross-check: the analyses of the original project',
        body: html`<p class="lede">How the project that this one grew out of analysed ${name(parity.variant)} against ${name(control)}. ${arms.length > 2 ? 'The other arms are not in it. ' : ''}The decision does not rest on it.</p>
${zTest(parity, settings.alpha)}
${logit(parity)}`,
      };

function zTest({ twoProportionZ: z }: OriginalAnalyses, alpha: number): Html {
  if ('reason' in z)
    return html`<p class="notice">Two-proportion z-test: not computed, ${reasonText(z.reason)}.</p>`;
  return plainTable<typeof z>(
    'Two-proportion z-test of purchase conversion, pooled; its interval is unpooled',
    [
      { label: 'Test', cell: () => html`<strong>Purchased</strong>` },
      { label: 'Control', align: 'number', cell: ({ control: value }) => formatValue('share', value) },
      { label: 'Treatment', align: 'number', cell: ({ treatment }) => formatValue('share', treatment) },
      { label: 'Difference', align: 'number', cell: ({ lift }) => formatDifference('share', lift) },
      { label: 'z', align: 'number', cell: (row) => formatStatistic(row.z) },
      { label: 'p', align: 'number', cell: ({ p }) => formatP(p) },
      {
        label: `${confidence(alpha)} interval`,
        align: 'number',
        cell: ({ ci }) => `${formatDifference('share', ci[0])} to ${formatDifference('share', ci[1])}`,
      },
    ],
    [z],
  );
}

function logit({ logit: model }: OriginalAnalyses): Html {
  if ('reason' in model) {
    return html`<p class="notice">Logistic regression: not computed, ${reasonText(model.reason)}. ${model.note}</p>`;
  }
  return html`${plainTable<(typeof model.terms)[number]>(
    'Logistic regression: purchased ~ is_treatment + events_in_window',
    [
      { label: 'Term', cell: ({ name: term }) => html`<code>${term}</code>` },
      { label: 'Coefficient', align: 'number', cell: ({ coefficient }) => formatStatistic(coefficient) },
      { label: 'Standard error', align: 'number', cell: ({ se }) => formatStatistic(se) },
      { label: 'z', align: 'number', cell: ({ z }) => formatStatistic(z) },
      { label: 'p', align: 'number', cell: ({ p }) => formatP(p) },
      { label: 'Odds ratio', align: 'number', cell: ({ coefficient }) => formatOdds(Math.exp(coefficient)) },
    ],
    model.terms,
  )}<p class="fine">${model.note}</p>`;
}

function formatOdds(odds: number): string {
  return odds < 1e-3 || odds > 1e6 ? odds.toExponential(2).replace('-', '−') : odds.toFixed(3);
}

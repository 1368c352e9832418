import { formatP } from '../../format.ts';
import { type Html, html } from '../../html/html.ts';
import { name } from '../../html/names.ts';
import { plainTable } from '../../html/table.ts';
import type { OriginalAnalyses } from '../../schema.ts';
import { confidence, reasonText } from '../../words.ts';
import type { ExperimentSection } from '../section.ts';

const four = (value: number) => value.toFixed(4).replace('-', '−');

/** The two analyses of the original Python project, to compare with its printed results. */
export const originalAnalysesSection: ExperimentSection = ({ parity, control, settings }) =>
  parity === null
    ? null
    : {
        id: 'original',
        title: 'The original analyses',
        body: html`<p class="lede">The two analyses of the original project on ${name(parity.variant)} against ${name(control)}, kept for comparison. The decision does not rest on them.</p>
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
      { label: 'Control', align: 'number', cell: ({ control: value }) => four(value) },
      { label: 'Treatment', align: 'number', cell: ({ treatment }) => four(treatment) },
      { label: 'Lift', align: 'number', cell: ({ lift }) => four(lift) },
      { label: 'z', align: 'number', cell: (row) => four(row.z) },
      { label: 'p', align: 'number', cell: ({ p }) => four(p) },
      {
        label: `${confidence(alpha)} interval`,
        align: 'number',
        cell: ({ ci }) => `${four(ci[0])} to ${four(ci[1])}`,
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
      { label: 'Coefficient', align: 'number', cell: ({ coefficient }) => four(coefficient) },
      { label: 'Standard error', align: 'number', cell: ({ se }) => four(se) },
      { label: 'z', align: 'number', cell: ({ z }) => four(z) },
      { label: 'p', align: 'number', cell: ({ p }) => formatP(p) },
      { label: 'Odds ratio', align: 'number', cell: ({ coefficient }) => formatOdds(Math.exp(coefficient)) },
    ],
    model.terms,
  )}<p class="fine">${model.note}</p>`;
}

function formatOdds(odds: number): string {
  return odds < 1e-3 || odds > 1e6 ? odds.toExponential(2).replace('-', '−') : odds.toFixed(3);
}

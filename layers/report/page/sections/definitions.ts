import { formatQuantity, formatValue } from '../../format.ts';
import { type Content, type Html, html } from '../../html/html.ts';
import { metricName, name } from '../../html/names.ts';
import { isOfSingleSessions, metricQuery, rowsOfRun } from '../../metric-query.ts';
import type { ExperimentReport, MetricPart, MetricReport, Report } from '../../schema.ts';

/** What each metric counts, and the query that recomputes it; null for reports that do not say. */
export function definitions(experiment: ExperimentReport, { run }: Report): Html | null {
  const defined = experiment.metrics.filter(({ definition }) => definition !== undefined);
  if (defined.length === 0 || experiment.settings.ofSums) return null;
  return html`<details class="definitions"><summary>What each metric counts, and the query that recomputes it</summary>
<p class="fine">Counted are ${
    experiment.settings.immature === 'exclude'
      ? 'the exposed users whose outcome window has ended'
      : 'all exposed users'
  }. The queries are for PostgreSQL, where a run of the pipeline or <code>ecom analyze --load</code> puts them, and give each arm a row.</p>
<dl class="settings">${defined.map((metric) => entry(metric, experiment, run.runId))}</dl></details>`;
}

function entry(metric: MetricReport, experiment: ExperimentReport, runId: string): Html {
  const query = metricQuery(metric, experiment, rowsOfRun(runId));
  return html`<div><dt>${metricName(metric.metric)}</dt><dd><p>${measured(metric)} ${windows(metric, experiment)} ${capping(metric, experiment)}</p>${
    query === null ? html`<p>${whyWithoutQuery(metric)}</p>` : html`<pre><code>${query}</code></pre>`
  }</dd></div>
`;
}

function whyWithoutQuery(metric: MetricReport): string {
  return isOfSingleSessions(metric)
    ? 'PostgreSQL has the sessions of a user summed up, so that no query can rank them.'
    : 'It is not computed, so there is nothing to recompute.';
}

function measured({ kind, definition, quantile, unit }: MetricReport): Html | null {
  if (definition === undefined) return null;
  const { numerator, denominator } = definition;
  switch (kind) {
    case 'conversion':
      return html`The share of the users who have ${meaning(numerator)}.`;
    case 'mean':
      return html`Per user, ${meaning(numerator)}.`;
    case 'ratio':
      return html`${unit === 'share' ? 'A share' : 'A sum over a sum'}: ${meaning(numerator)}, of ${denominator && meaning(denominator)}.`;
    case 'quantile':
      return html`The value that a share of ${String(quantile)} does not exceed, of ${numerator.adds === null ? 'the durations of single sessions' : html`users, ${meaning(numerator)}`}.`;
  }
}

/** What a column adds up over a user. */
function meaning({ column, adds, events }: MetricPart): Content {
  const [first, second] = events.map((event) => html`<code>${name(event)}</code>`);
  const which = first === undefined ? 'events of any name' : html`${first} events`;
  switch (adds) {
    case 'any':
      return first === undefined ? 'an event of any name' : html`a ${first} event`;
    case 'count':
      return html`the number of ${which}`;
    case 'revenue':
      return html`the revenue of ${which}`;
    case 'quantity':
      return html`the quantities of ${which}`;
    case 'net_revenue':
      return html`the revenue of ${which} less that of ${second} events`;
    case null:
      return sessionsAndOrders(column, first, second);
  }
}

function sessionsAndOrders(column: string, purchase: Content, refund: Content): Content {
  switch (column) {
    case 'orders':
      return html`orders (${purchase} events, those of one order id once)`;
    case 'refunded_orders':
      return html`refunded orders (${refund} events, those of one order id once, where it was bought in the window)`;
    case 'exposure_sessions':
      return 'sessions of exposures';
    case 'bounced_sessions':
      return 'those of them without an event after the exposure';
    case 'sessions':
      return 'sessions that begin in the window and whose end is known';
    case 'session_ms':
      return 'the durations of sessions, cut at the end of the window';
    default:
      return html`<code>${name(column)}</code>`;
  }
}

function windows({ definition }: MetricReport, { settings }: ExperimentReport): string {
  const { numerator, denominator = numerator } = definition ?? {};
  if (numerator === undefined || denominator === undefined) return '';
  const [window, below] = [numerator, denominator].map(({ fromDay, toDay }) => {
    const end = formatQuantity(toDay ?? settings.outcomeWindowDays, 'day');
    return fromDay === 0
      ? `the first ${end} from the exposure on`
      : `from ${formatQuantity(fromDay, 'day')} to before ${end} after the exposure`;
  });
  return window === below ? `Window: ${window}.` : `Window: ${window}; of what it is divided by: ${below}.`;
}

function capping({ metric, kind }: MetricReport, { caps, decision }: ExperimentReport): string {
  const own = caps.find((cap) => cap.metric === metric);
  if (own === undefined) return kind === 'mean' || kind === 'ratio' ? 'Not capped.' : '';
  const { cap, unit, percentile, ignoreZeros } = own;
  if (cap === null) return 'Capped, but the percentile is zero, so that nothing is cut.';
  const of = ignoreZeros ? 'the values that are not zero' : 'all users';
  const decides = decision.basis.values === 'capped' ? 'which decides' : 'which does not decide';
  return `Capped beside: a user counts for ${formatValue(unit, cap)} at most (percentile ${percentile} of ${of}), ${decides}.`;
}

import { checkNote, otherWarnings, trustSummary } from '../../checks.ts';
import { decidingComparison, decidingInterval, intervalLabel } from '../../comparisons.ts';
import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatP,
  formatPercent,
  formatQuantity,
  formatValue,
} from '../../format.ts';
import { type Content, type Html, html } from '../../html/html.ts';
import { icon } from '../../html/icons.ts';
import { metricName, name, sentence, unbroken } from '../../html/names.ts';
import { type Amount, impactOf } from '../../impact.ts';
import { probableHarm } from '../../probable-harm.ts';
import type { ExperimentReport, Report } from '../../schema.ts';
import { wayOut } from '../../way-out.ts';
import { actions, basisText, checkStatuses, exposureDays, nextStep, ruleSentence } from '../../words.ts';
import { liftAxis, liftChart, liftOf, liftScale } from '../charts/interval.ts';
import type { ExperimentSection } from '../section.ts';

/** What to do, by which rule and why, and the numbers it rests on. */
export const verdictSection: ExperimentSection = (experiment, report) => {
  const { decision, arms, settings } = experiment;
  const { tone, label } = actions[decision.action];
  const trust = trustSummary(experiment);
  const [first, ...others] = decision.reasons;
  const users = arms.reduce((sum, arm) => sum + arm.users, 0);
  return {
    id: 'verdict',
    title: 'Verdict',
    body: html`<div class="verdict ${tone}">
<div class="verdict-text">
<p class="verdict-action">${icon(tone)}<span>${label}${decision.action === 'ship' && decision.variant !== null ? html` ${name(decision.variant)}` : null}</span></p>
<p class="verdict-rule">${ruleSentence(decision.rule)} <strong>${nextStep(decision)}</strong></p>
<p class="verdict-reason">${sentence(first ?? '')}</p>
${others.length === 0 ? null : html`<ul class="reasons">${others.map((reason) => html`<li>${sentence(reason)}</li>`)}</ul>`}
${harms(experiment)}
${ways(experiment, report)}
${warnings(experiment, report)}
</div>
${decision.action === 'invalid' ? splitOf(experiment) : primaryLift(experiment)}
<dl class="figures">
${figure('Users analysed', html`${formatCount(users)}${exposedWhen(experiment)}`)}
${figure('Trust checks', html`${icon(checkStatuses[trust.status].tone)} ${trust.text}`)}
${figure('Decided on', `${basisText(experiment)}, α = ${settings.alpha}`)}
</dl>
</div>`,
  };
};

/** First and last day of exposure in UTC, where the users' days are known. */
function exposedWhen(experiment: ExperimentReport): Html | null {
  const days = exposureDays(experiment);
  if (days === null) return null;
  const { first, last } = days;
  return first === last
    ? html`, exposed on <time>${first}</time> (UTC)`
    : html`, exposed from <time>${first}</time> to <time>${last}</time> (UTC)`;
}

/** How the exposed users split, where that is why the experiment is invalid. */
function splitOf({ trust: { srm } }: ExperimentReport): Html | null {
  if (srm.status !== 'fail') return null;
  const users = srm.arms.reduce((sum, arm) => sum + arm.users, 0);
  const share = (part: number) => unbroken(formatPercent(users === 0 ? null : part / users));
  return html`<div class="verdict-numbers">
<p class="hero-label">Exposed users, and their share</p>
<dl class="split">
${srm.arms.map((arm) => figure(name(arm.variant), html`<strong>${formatCount(arm.users)}, ${share(arm.users)}</strong> (planned ${share(arm.expected)})`))}
</dl>
</div>`;
}

function primaryLift(experiment: ExperimentReport): Html | null {
  const row = decidingComparison(experiment);
  if (row === null || row.comparison === null) return null;
  const { unit, metric } = row.metric;
  const { deciding, variant, control, treatment } = row.comparison;
  const { effect, test } = deciding;
  const interval = decidingInterval(row.comparison);
  const lift = liftOf(row);
  const scale = liftScale([lift], heroWidth);
  return html`<div class="verdict-numbers">
<p class="hero-label">${metricName(metric)}, ${name(variant)} against ${name(experiment.control)}</p>
<p class="hero-number">${formatLift(effect.relative)}</p>
<p class="hero-detail">${intervalLabel(experiment)}${interval.isCorrected ? ', corrected' : ''} ${unbroken(formatLiftInterval(interval.relative))}</p>
${interval.relative === null ? null : html`<div class="hero-chart">${liftChart(lift, scale)}${liftAxis(scale)}</div>`}
<dl class="hero-figures">
${figure('Control', formatValue(unit, control.mean))}
${figure('Treatment', formatValue(unit, treatment.mean))}
${figure('Difference', formatDifference(unit, effect.absolute))}
${figure('Adjusted p', formatP(test.p))}
</dl>
${impact(experiment, variant)}
</div>`;
}

const heroWidth = 270;

/** What the effect amounts to in users and money, with the interval that decides. */
function impact(experiment: ExperimentReport, variant: string): Html | null {
  const found = impactOf(experiment, variant);
  if (found.length === 0) return null;
  const month = found[0]?.perMonth?.users;
  const amount = ({ estimate, interval }: Amount) =>
    html`<strong>${estimate}</strong>${interval && html`<small>${unbroken(interval)}</small>`}`;
  return html`<table class="impact">
<caption>What it amounts to${month === undefined ? null : html`; a month is 30 days of this traffic, ${formatQuantity(month, 'user')}`}</caption>
<thead><tr><th scope="col">More or fewer</th><th scope="col">Per 1,000 users</th>${month === undefined ? null : html`<th scope="col">Per month</th>`}</tr></thead>
<tbody>${found.map(
    ({ metric, caveat, perThousand, perMonth }) =>
      html`<tr><th scope="row">${metric}${caveat && html`<small>${caveat}</small>`}</th><td data-label="Per 1,000 users"><div>${amount(perThousand)}</div></td>${perMonth && html`<td data-label="Per month"><div>${amount(perMonth)}</div></td>`}</tr>`,
  )}</tbody>
</table>`;
}

/** What probably gets worse, beside what is shown. */
function harms(experiment: ExperimentReport): Html | null {
  const found = probableHarm(experiment);
  if (found.length === 0) return null;
  return html`<ul class="warnings harms">${found.map((harm) => warningItem(html`${sentence(harm)}`))}</ul>`;
}

/** What the traffic can show, and what else there is to do than wait. */
function ways(experiment: ExperimentReport, report: Report): Html | null {
  const way = wayOut(experiment, report);
  if (way === null) return null;
  return html`<div class="ways"><p class="ways-title">Ways out</p>
${way.traffic.map((text) => html`<p>${sentence(text)}</p>`)}
<ul>${way.options.map((text) => html`<li>${sentence(text)}</li>`)}</ul></div>`;
}

/** Checks that warn, by name: the next section says what they found. */
function warnings(experiment: ExperimentReport, report: Report): Html | null {
  const checks = `#e${report.experiments.indexOf(experiment) + 1}-trust`;
  const warned = experiment.trust.checks.filter(({ status: found }) => found === 'warn');
  const others = otherWarnings(experiment);
  if (warned.length + others.length === 0) return null;
  return html`<ul class="warnings">${
    warned.length === 0
      ? null
      : warningItem(
          html`Note: ${warned.map((check, index) => html`${index === 0 ? '' : ', '}<a href="${checks}">${unbroken(checkNote(check))}</a>`)}`,
        )
  }${others.map((warning) => warningItem(html`<span class="visually-hidden">Note: </span>${sentence(warning)}`))}</ul>`;
}

function warningItem(text: Html): Html {
  return html`<li>${icon('caution')}<span>${text}</span></li>`;
}

function figure(term: Content, value: Content): Html {
  return html`<div><dt>${term}</dt><dd>${value}</dd></div>`;
}

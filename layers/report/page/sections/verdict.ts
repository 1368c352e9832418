import { checkNote, otherWarnings, trustSummary } from '../../checks.ts';
import { decidingComparison, intervalLabel } from '../../comparisons.ts';
import {
  formatCount,
  formatDifference,
  formatLift,
  formatLiftInterval,
  formatP,
  formatPercent,
  formatValue,
} from '../../format.ts';
import { type Content, type Html, html } from '../../html/html.ts';
import { icon } from '../../html/icons.ts';
import { metricName, name, sentence, unbroken } from '../../html/names.ts';
import type { ExperimentReport, Report } from '../../schema.ts';
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
${warnings(experiment, report)}
</div>
${decision.action === 'invalid' ? splitOf(experiment) : primaryLift(experiment)}
<dl class="figures">
${figure('Users analysed', html`${formatCount(users)}${exposedWhen(experiment)}`)}
${figure('Trust checks', html`${icon(checkStatuses[trust.status].tone)} ${trust.text}`)}
${figure('Decided on', `${basisText(experiment)}, α = ${settings.alpha}`)}
${figure('Rule', html`<code>${decision.rule}</code>`)}
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
    ? html`, exposed on <time>${first}</time>`
    : html`, exposed from <time>${first}</time> to <time>${last}</time>`;
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
  const lift = liftOf(row);
  const scale = liftScale([lift]);
  return html`<div class="verdict-numbers">
<p class="hero-label">${metricName(metric)}, ${name(variant)} against ${name(experiment.control)}</p>
<p class="hero-number">${formatLift(effect.relative)}</p>
<p class="hero-detail">${intervalLabel(experiment)} ${unbroken(formatLiftInterval(effect.relativeCi))}</p>
${effect.relativeCi === null ? null : html`<div class="hero-chart">${liftChart(lift, scale)}${liftAxis(scale)}</div>`}
<dl class="hero-figures">
${figure('Control', formatValue(unit, control.mean))}
${figure('Treatment', formatValue(unit, treatment.mean))}
${figure('Difference', formatDifference(unit, effect.absolute))}
${figure('Adjusted p', formatP(test.p))}
</dl>
</div>`;
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

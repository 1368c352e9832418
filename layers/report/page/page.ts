import { createHash } from 'node:crypto';
import { formatMoment } from '../format.ts';
import { type Html, html, trusted } from '../html/html.ts';
import { icon, iconSheet, status } from '../html/icons.ts';
import { name, plainName, sentence } from '../html/names.ts';
import style from '../html/style.css?raw';
import type { ExperimentReport, Report } from '../schema.ts';
import { actions, ofSumsNote, undeclaredNote } from '../words.ts';
import behaviour from './behaviour.client.js?raw';
import { glossary } from './glossary.ts';
import type { ExperimentSection, RunSection, Section } from './section.ts';
import { assignedSection } from './sections/assigned.ts';
import { dataQualitySection } from './sections/data-quality.ts';
import { distributionsSection } from './sections/distributions.ts';
import { effectOverTimeSection } from './sections/effect-over-time.ts';
import { estimatesSection } from './sections/estimates.ts';
import { funnelSection } from './sections/funnel.ts';
import { guardrailsSection } from './sections/guardrails.ts';
import { liftsSection } from './sections/lifts.ts';
import { lineageSection } from './sections/lineage.ts';
import { methodsSection } from './sections/methods.ts';
import { originalAnalysesSection } from './sections/original-analyses.ts';
import { outlookSection } from './sections/outlook.ts';
import { overviewSection } from './sections/overview.ts';
import { populationSection } from './sections/population.ts';
import { regressionSection } from './sections/regression.ts';
import { segmentsSection } from './sections/segments.ts';
import { sinceExposureSection } from './sections/since-exposure.ts';
import { trustSection } from './sections/trust.ts';
import { verdictSection } from './sections/verdict.ts';

/** What stands on other pages, too. */
export { liftAxis, liftChart, liftOf, liftScale } from './charts/interval.ts';
export { dataQualitySection, populationSection, verdictSection };

/** In the order in which people ask: what to do, whether to believe it, what changed. */
const openSections: readonly ExperimentSection[] = [
  verdictSection,
  trustSection,
  liftsSection,
  guardrailsSection,
  effectOverTimeSection,
];
/** Questions that some people ask next: each a line, and more on demand. */
const foldedSections: readonly ExperimentSection[] = [
  segmentsSection,
  sinceExposureSection,
  funnelSection,
  populationSection,
];
/** Whether it hangs on how it was computed, behind one fold. */
const appendixSections: readonly ExperimentSection[] = [
  estimatesSection,
  assignedSection,
  outlookSection,
  distributionsSection,
  regressionSection,
  originalAnalysesSection,
  methodsSection,
];
const runSections: readonly RunSection[] = [dataQualitySection, lineageSection];

interface Chapter {
  readonly anchor: string;
  readonly experiment: ExperimentReport;
  readonly open: readonly Section[];
  readonly folded: readonly Section[];
  readonly appendix: readonly Section[];
}

/**
 * `report.html`: the report as one file that needs no network and no JavaScript. The same report gives the same bytes.
 * Everything that comes from data is escaped, and the page's policy lets nothing run but its own style and script.
 */
export function reportPage(report: Report): string {
  const chapters = report.experiments.map((experiment, index): Chapter => {
    const of = (sections: readonly ExperimentSection[]) =>
      sections.flatMap((section) => section(experiment, report) ?? []);
    return {
      anchor: `e${index + 1}`,
      experiment,
      open: of(openSections),
      folded: of(foldedSections),
      appendix: of(appendixSections),
    };
  });
  const overview = overviewSection(report);
  const data = runSections.flatMap((section) => section(report) ?? []);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${titleOf(report)}</title>
<link rel="icon" href="${favicon}">
<style>${trusted(style)}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the verdict</a>
${iconSheet}
<header class="page-head">
<div>
<h1>Experiment report</h1>
<p>Drop ${name(report.run.drop)}${report.run.asOf === null ? null : html`, data up to <time datetime="${report.run.asOf}">${formatMoment(report.run.asOf)}</time>`}, run <code>${report.run.runId}</code></p>
${report.run.undeclared ? html`<p class="fine">${undeclaredNote}</p>` : null}${report.experiments.some(({ settings }) => settings.ofSums) ? html`<p class="fine">${ofSumsNote}</p>` : null}</div>
<div id="tools"></div>
</header>
<div class="layout">
${contents(chapters, overview, data)}
<main id="main" tabindex="-1">
${overview && topSection(overview)}
${chapters.length === 1 ? chapters.map(singleChapter) : chapters.map(foldedChapter)}
${data.map((section) => (section.summary === undefined ? topSection(section) : foldedSection(section, section.id, 2)))}
</main>
</div>
${glossary}
<script>${trusted(behaviour)}</script>
</body>
</html>
`.markup;
}

/** The only experiment: its hypothesis stands under its name. */
function singleChapter(chapter: Chapter): Html {
  const { anchor, experiment } = chapter;
  return html`<article class="experiment" id="${anchor}" aria-labelledby="${anchor}-title">
<h2 id="${anchor}-title"><span class="kicker">Experiment</span> ${name(experiment.experimentId)}</h2>
${chapterBody(chapter)}</article>
`;
}

/** One of several: the browser closes it when another is opened. */
function foldedChapter(chapter: Chapter, index: number): Html {
  const { anchor, experiment } = chapter;
  return html`<article class="experiment" id="${anchor}" aria-labelledby="${anchor}-title">
<details class="chapter" name="experiment"${index === 0 ? html` open` : null}><summary><h2 id="${anchor}-title"><span class="kicker">Experiment</span> ${name(experiment.experimentId)}</h2>${status(actions[experiment.decision.action])}</summary>
<div class="experiment">${chapterBody(chapter)}</div></details></article>
`;
}

function chapterBody({ anchor, experiment, open, folded, appendix }: Chapter): Html {
  const { hypothesis } = experiment.settings;
  const inAppendix = appendix.map(({ title }) => title).join(', ');
  return html`${hypothesis === null ? null : html`<p class="hypothesis"><span class="kicker">Hypothesis</span> ${sentence(hypothesis)}</p>`}
${open.map(
  ({
    id,
    title,
    body,
  }) => html`<section class="card card-${id}" id="${anchor}-${id}" aria-labelledby="${anchor}-${id}-title ${anchor}-title">
<h3 id="${anchor}-${id}-title">${title}</h3>
${body}
</section>
`,
)}
${folded.map((section) => foldedSection(section, `${anchor}-${section.id}`, 3))}
<details class="appendix" id="${anchor}-appendix"><summary><h3>Appendix</h3> <span class="answer">${inAppendix}</span></summary>
${appendix.map(
  ({
    id,
    title,
    body,
  }) => html`<section class="card card-${id}" id="${anchor}-${id}" aria-labelledby="${anchor}-${id}-title ${anchor}-title">
<h4 id="${anchor}-${id}-title">${title}</h4>
${body}
</section>
`,
)}</details>`;
}

/** A section of which one line shows until somebody asks for more. */
function foldedSection({ id, title, summary, body }: Section, anchor: string, level: 2 | 3): Html {
  const heading =
    level === 2 ? html`<h2 id="${anchor}-title">${title}</h2>` : html`<h3 id="${anchor}-title">${title}</h3>`;
  return html`<section class="card card-${id}" id="${anchor}" aria-labelledby="${anchor}-title"><details class="fold"><summary>${heading} <span class="answer">${summary}</span></summary>
${body}</details></section>
`;
}

function topSection({ id, title, body }: Section): Html {
  return html`<section class="card card-${id}" id="${id}" aria-labelledby="${id}-title">
<h2 id="${id}-title">${title}</h2>
${body}
</section>
`;
}

function contents(chapters: readonly Chapter[], overview: Section | null, data: readonly Section[]): Html {
  const link = ({ id, title }: Section) => html`<li><a href="#${id}">${title}</a></li>`;
  return html`<nav id="contents" aria-label="Contents"><ol>
${overview && link(overview)}
${chapters.map(
  ({
    anchor,
    experiment,
    open,
    folded,
  }) => html`<li><a href="#${anchor}">${icon(actions[experiment.decision.action].tone)}<span>${name(experiment.experimentId)}</span></a>
<ol>${[...open, ...folded, { id: 'appendix', title: 'Appendix' }].map(({ id, title }) => html`<li><a href="#${anchor}-${id}">${title}</a></li>`)}</ol></li>`,
)}
${data.map(link)}
</ol></nav>`;
}

function titleOf({ experiments, run }: Report): string {
  const [only] = experiments;
  if (only === undefined || experiments.length > 1) return `Experiment report: ${plainName(run.drop)}`;
  return `${actions[only.decision.action].label}: ${plainName(only.experimentId)}`;
}

const favicon =
  'data:image/svg+xml,' +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3.5" fill="#2a5db0"/><path d="M2.5 8h11" stroke="#fff" stroke-width="1.6"/><circle cx="9.5" cy="8" r="2.6" fill="#fff"/></svg>',
  );

const digest = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Nothing from anywhere: only this page's own style and script, by their hashes, and the icon within it. */
const policy = [
  "default-src 'none'",
  `style-src ${digest(style)}`,
  `script-src ${digest(behaviour)}`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

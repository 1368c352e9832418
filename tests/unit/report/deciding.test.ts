import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { verdictText } from '../../../cli/pipeline/verdict.ts';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import type { Report } from '../../../layers/report/schema.ts';
import { exampleReport } from '../analysis/report-of.ts';
import { parse } from './parsed-page.ts';

const looks = (plannedUsers: number) =>
  exampleReport(
    `experiments: { checkout: { planned_users: ${plannedUsers}, sequential: { method: group_sequential, looks: [0.5, 1] } } }`,
  );

/** Interval and adjusted p of a metric in each place that shows them. */
function shown(report: Report, metric: string) {
  const { document, text } = parse(reportPage({ ...report, experiments: report.experiments.slice(0, 1) }));
  const row = [...document.querySelectorAll('#e1-lifts tbody tr')].find((tr) =>
    tr.textContent.includes(metric),
  );
  const cell = (column: number) => row?.children[column]?.textContent.replaceAll('\u00a0', ' ') ?? '';
  const line = decisionDocument(report)
    .split('\n')
    .find((found) => found.startsWith(`| ${metric} |`));
  const columns = line?.split(' | ') ?? [];
  const terminal = stripVTControlCharacters(verdictText(report))
    .split('\n')
    .find((found) => found.startsWith(metric));
  return {
    page: { lift: cell(3), p: cell(5), hero: text('#e1-verdict .hero-figures div:last-child dd') },
    document: { interval: columns[7], p: columns[8], adjusted: columns[9] },
    terminal: terminal?.split(/ {2,}/).slice(6, 10),
  };
}

describe('the numbers that decide', () => {
  it('are the same on the page, in the decision document and in the terminal at a look that is too early', () => {
    const early = looks(10_000_000);
    expect(shown(early, 'Purchase conversion')).toEqual({
      page: { lift: '+14.9 %it is too early for this+0.63 pp', p: 'n/a', hero: 'n/a' },
      document: { interval: 'n/a', p: '0.6457', adjusted: 'n/a' },
      terminal: ['+14.9 %', 'n/a', '0.6457', 'n/a'],
    });
    expect(early.experiments[0]?.decision.reasons).toContain(
      'treatment so far on Purchase conversion: +14.9 %, not tested: it is too early for this.',
    );
  });

  it('are the same on the page, in the decision document and in the terminal at a planned look', () => {
    const { page, document, terminal } = shown(looks(1_840), 'Purchase conversion');
    const [lift, interval, p, adjusted] = terminal ?? [];
    expect(document).toMatchObject({ interval, p, adjusted });
    expect(page).toEqual({ lift: `${lift}${interval}+0.63 pp`, p: adjusted, hero: adjusted });
    expect(interval).not.toBe('n/a');
  });

  it('stand in the terminal with the role of their metric, which may be there in two', () => {
    const lines = stripVTControlCharacters(verdictText(looks(1_840))).split('\n');
    expect(lines.find((line) => line.startsWith('Purchase conversion '))).toMatch(
      /^Purchase conversion +primary /,
    );
    expect(lines.find((line) => line.startsWith('Bounce rate '))).toMatch(/^Bounce rate +guardrail /);
  });

  it('are called what they are before the planned end, when they hold at any look', () => {
    const shownOf = (users: number) => {
      const report = exampleReport(`experiments: { checkout: { planned_users: ${users} } }`);
      const { text } = parse(reportPage(report));
      return {
        hero: text('#e1-verdict .hero-detail')?.replaceAll('\u00a0', ' '),
        document: decisionDocument(report).replaceAll('\u00a0', ' '),
      };
    };
    const [early, ended] = [shownOf(12_000), shownOf(900)];
    expect(early.hero).toMatch(/^95 % interval at any time/);
    expect(early.document).toContain('| 95 % interval at any time, corrected |');
    expect(early.document).toContain(
      'Testing: one look at the planned end; the numbers shown until then hold at any look.',
    );
    expect(early.document).toContain(
      '- The planned end is still to come. Until then p-values and intervals hold',
    );
    expect(early.document).not.toContain('The p-values hold for one look');
    expect(ended.hero).toMatch(/^95 % interval(?! at any time)/);
    expect(ended.document).toContain('Testing: one look at the planned end.');
    expect(ended.document).toContain('The p-values hold for one look at the planned end.');
  });

  it('are those of a margin for a guardrail, one-sided and not adjusted', () => {
    const [checkout] = exampleReport('experiments: { checkout: { planned_users: 900 } }').experiments;
    const [primary, guardrail] = ['primary', 'guardrail'].map(
      (role) => checkout?.metrics.find((metric) => metric.role === role)?.comparisons[0],
    );
    expect(primary?.deciding.test).toEqual({
      hypothesis: 'no_difference',
      sides: 2,
      isAdjusted: true,
      p: primary?.test?.pAdjusted,
      alpha: null,
      reason: null,
    });
    expect(guardrail?.deciding.test).toEqual({
      hypothesis: 'beyond_margin',
      sides: 1,
      isAdjusted: false,
      p: guardrail?.nonInferiority?.p,
      alpha: null,
      reason: guardrail?.nonInferiority?.reason,
    });
  });

  it('are read from a report as the analysis wrote them, whatever else it holds', () => {
    const report = exampleReport();
    const [checkout] = report.experiments;
    if (checkout === undefined) throw new Error('the example has experiments');
    const told = {
      ...report,
      experiments: [
        {
          ...checkout,
          metrics: checkout.metrics.map((metric) => ({
            ...metric,
            comparisons: metric.comparisons.map((comparison) => ({
              ...comparison,
              test: null,
              adjustedCi: null,
              effect: { ...comparison.effect, absoluteCi: null, relativeCi: null },
            })),
          })),
        },
      ],
    };
    expect(shown(told, 'Purchase conversion')).toEqual(shown(report, 'Purchase conversion'));
  });
});

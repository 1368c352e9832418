import { describe, expect, it } from 'vitest';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { statedP } from '../../../layers/report/format.ts';
import { exampleReport } from '../analysis/report-of.ts';
import { withEvidence } from './evidence.ts';

describe('EXPERIMENT_DECISION.md', () => {
  const document = decisionDocument(exampleReport());

  it('starts each experiment with its decision', () => {
    expect(document).toContain('## checkout: Keep running');
    expect(document).toContain('## search: Invalid');
  });

  it('does not promise that corrected intervals are right all at once', () => {
    expect(document).toContain(
      'Each corrected interval is valid on its own; only Dunnett’s, within one metric, are all valid at once.',
    );
  });

  it('states the original analyses in the units of the result table', () => {
    expect(document).toContain('4.24 % against 4.87 %, difference +0.63 pp, z = 0.4589, p = 0.6463');
    expect(document).toContain('95 % interval −2.06 pp to +3.33 pp');
    expect(document).toMatch(/Logistic regression: intercept .+ is_treatment .+ events_in_window/);
  });

  it('tells the decision from the hypothesis to the next steps', () => {
    const overlay = 'experiments: { checkout: { hypothesis: "One page sells more", planned_users: 4000 } }';
    const told = decisionDocument(exampleReport(overlay));
    const section = told.slice(told.indexOf('## checkout'), told.indexOf('## search'));
    expect(section.match(/^### .+/gm)).toEqual([
      '### What it amounts to',
      '### Sign-off',
      '### Design',
      '### Result',
      '### Checks',
      '### Decision',
      '### Limits',
      '### Next steps',
      '### Population',
      '### Cross-check: the analyses of the original project',
    ]);
    expect(section).toMatch(/^## checkout: .+\n\nHypothesis: One page sells more\n/);
    expect(section).toContain('| Owner of the experiment |');
    expect(section).toContain('920 of 4,000 planned users');
    expect(section).toMatch(/A lift of \+5\.0 % takes .+ users/);
  });

  it('tells the effect on everyone assigned beside the deciding one', () => {
    const report = exampleReport();
    const told = decisionDocument({ ...report, experiments: report.experiments.map(withEvidence) });
    expect(told).toContain(
      'Everyone assigned, exposed or not: Purchase conversion of treatment +0.40 pp, lift +8.9 % (−2.8 % to +22.2 %, not corrected, for one look), p = 0.1416. 83.0 % of them were exposed. Spread over everyone assigned, the effect on the exposed is +0.41 pp.',
    );
    expect(told).toContain('Everyone assigned, those in several arms by their first: Purchase conversion');
  });

  it('prints p-values beyond the range of a double as below 1e-300', () => {
    expect([0, 1e-310, 2e-226, 0.03].map(statedP)).toEqual([
      'p < 1e−300',
      'p < 1e−300',
      'p = 2.0e−226',
      'p = 0.0300',
    ]);
  });

  it('names what is not available and why', () => {
    expect(document).toContain('Session duration is not available: the drop has no sessions.');
  });

  it('calls metrics, checks and steps what the page calls them, with the name of the primary metric once', () => {
    const section = document.slice(document.indexOf('## checkout'), document.indexOf('## search'));
    expect(section).toContain('Primary metric: Purchase conversion (`purchase_conversion`).');
    expect(section.replace('`purchase_conversion`', '')).not.toMatch(
      /purchase_conversion|bounce_rate|retention_d7/,
    );
    expect(section).toContain('| Bounce rate | guardrail |');
    expect(section).toContain('- Sample ratio of exposed users: pass');
    expect(section).toContain('| Assigned to an arm | 1,000 | 990 |');
  });

  it('names the control where its name does not say it', () => {
    expect(document).toMatch(/- Arms: control \(448 users, 50\.0 % planned\), treatment \(.+\)\.$/m);
    const [, checkout] = exampleReport().experiments;
    if (checkout === undefined) throw new Error('the example has an experiment without a treatment, too');
    const renamed = { ...exampleReport(), experiments: [{ ...checkout, control: 'old' }] };
    expect(decisionDocument(renamed)).toContain('The control is old.');
  });

  it('shows what a step takes away as taken away', () => {
    const report = exampleReport();
    const step = { experimentId: 'checkout', step: 'not_exposed', rows: 1070, users: 70 };
    const told = decisionDocument({ ...report, population: [...report.population, step] });
    expect(told).toContain('| Never exposed | −1,070 | −70 |');
  });

  it('says once which amounts rest on few buyers', () => {
    expect(document.match(/rough/g)).toHaveLength(1);
    expect(document).toContain(
      '- Revenue per user and Average order value are rough: control has 19 buyers and treatment 23, and it takes 100 in each arm for interval and p to be reliable.',
    );
  });

  it('warns of users who came on a part of the week only', () => {
    const report = exampleReport();
    const [experiment] = report.experiments;
    if (experiment === undefined) throw new Error('the example has experiments');
    const on = (days: readonly string[]) =>
      decisionDocument({
        ...report,
        experiments: [
          { ...experiment, novelty: [{ metric: 'm', variant: 'v', cumulative: days.map(cumulative) }] },
        ],
      });
    const cumulative = (day: string) => ({
      day,
      users: { control: 1, treatment: 1 },
      absolute: null,
      relative: null,
      absoluteCi: null,
      relativeCi: null,
      alwaysValidCi: null,
      alwaysValidRelativeCi: null,
      reason: null,
    });
    const told = on(['2026-01-05', '2026-01-07']);
    expect(told).toContain(
      '- Users were exposed from 2026-01-05 to 2026-01-07, less than a week: not every weekday counts.',
    );
    expect(on(['2026-01-05', '2026-01-11'])).not.toContain('weekday');
  });

  it('says what each p of a guardrail tests', () => {
    expect(document).toContain('| p (difference) |');
    expect(document).toContain('| p (within margin) |');
  });

  it('gives each warning once, among the checks', () => {
    const report = exampleReport();
    const warned = report.experiments.map((experiment) => ({
      ...experiment,
      trust: {
        ...experiment.trust,
        warnings: ['Rows with odd times.'],
        checks: experiment.trust.checks.map((check) =>
          check.name === 'time_order'
            ? { ...check, status: 'warn' as const, explanation: 'Rows with odd times.' }
            : check,
        ),
      },
    }));
    const told = decisionDocument({ ...report, experiments: warned.slice(0, 1) });
    expect(told.match(/Rows with odd times/g)).toHaveLength(1);
    expect(told).toContain('- Order of times: NOTE. Rows with odd times.');
    expect(told).toContain('- Notes of the checks above: Order of times.');
  });

  it('is the same text for the same report', () => {
    expect(decisionDocument(exampleReport())).toBe(document);
  });

  it('shows markup in names as text', () => {
    const hostile = decisionDocument(exampleReport(undefined, '<script>|`x`\n# [a](b)'));
    expect(hostile).not.toContain('<script>');
    expect(hostile).toContain('## \\<script\\>\\|\\`x\\` \\# \\[a\\](b): Keep running');
  });
});

import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { decisionRecord, type PastDecision } from '../../../../cli/pipeline/decision-history.ts';
import type { RunSummary } from '../../../../cli/pipeline/runs.ts';
import { experimentPage } from '../../../../cli/ui/pages/experiment.ts';
import { layout, type Page } from '../../../../cli/ui/pages/layout.ts';
import { overviewPage } from '../../../../cli/ui/pages/overview.ts';
import { runPage, stagesPage } from '../../../../cli/ui/pages/run.ts';
import type { RunRecord } from '../../../../cli/ui/site.ts';
import type { ExperimentReport } from '../../../../layers/report/schema.ts';
import { stageNames } from '../../../../layers/runs/documents.ts';
import { history } from '../../../e2e/ui-answers.ts';
import { onlyCheckout, shop } from '../../report/parsed-page.ts';

const summary: RunSummary = {
  runId: '5f3a9c0e7d21b846',
  attempt: 1,
  drop: 'spring',
  status: 'SUCCEEDED',
  startedAt: '2026-04-01T06:00:00.000Z',
  seconds: 12,
  published: true,
  decisions: [{ experimentId: 'one-page-checkout', action: 'keep_running' }],
};

function recordOf(change: Partial<RunRecord> = {}): RunRecord {
  return {
    ...summary,
    attempts: [],
    stages: stageNames.map((stage) => ({
      stage,
      status: 'done',
      partsDone: 1,
      parts: 1,
      rows: 10,
      seconds: 1,
      startedAt: summary.startedAt,
      attempt: 1,
      earlier: false,
    })),
    executionOnRecord: true,
    failure: null,
    inputs: null,
    manifest: null,
    report: onlyCheckout(),
    files: ['report.html'],
    quarantine: null,
    marts: null,
    previous: null,
    ...change,
  };
}

function shown(page: Page) {
  const { document } = parseHTML(layout(page, 'token').markup);
  const texts = (selector: string) =>
    [...document.querySelectorAll(selector)].map(({ textContent }) =>
      textContent.replace(/\s+/g, ' ').trim(),
    );
  return { document, texts };
}

describe('the list of runs', () => {
  it('leads with the experiment, its verdict and when it was given', () => {
    const { texts, document } = shown(overviewPage([summary], null));
    expect(texts('thead th').slice(0, 2)).toEqual(['Experiment and verdict', 'Started']);
    expect(texts('tbody th')).toEqual(['one-page-checkout Keep running']);
    expect(document.querySelector('tbody th a')?.getAttribute('href')).toBe('/experiments/one-page-checkout');
  });

  it('has runs without a verdict, too', () => {
    const { texts } = shown(overviewPage([{ ...summary, status: 'FAILED', decisions: [] }], null));
    expect(texts('tbody th')).toEqual(['–']);
    expect(texts('tbody tr')[0]).toMatch(/spring publishedFailed5f3a9c0e7d21b846/);
  });
});

describe('the page of a run', () => {
  it('leads with the experiment and its verdict, and leaves the machine to the page beside it', () => {
    const { texts, document } = shown(runPage(recordOf()));
    expect(texts('h1')).toEqual(['Experiment one-page-checkout Keep running']);
    expect(texts('.verdict-action')).toEqual(['Keep running']);
    expect(document.querySelectorAll('.machine')).toHaveLength(0);
    expect(texts('.tabs a')).toEqual(['Decision', 'Stages and inputs']);
    expect(texts('.tabs [aria-current]')).toEqual(['Decision']);
  });

  it('has the machine and the stages for whoever is on call', () => {
    const { texts, document } = shown(stagesPage(recordOf()));
    expect(texts('h1')).toEqual(['Experiment one-page-checkout Keep running']);
    expect(texts('h2')).toEqual(['State machine', 'Stages', 'Inputs and versions']);
    expect(document.querySelectorAll('.machine.wide .node.done')).toHaveLength(stageNames.length);
    expect(texts('.tabs [aria-current]')).toEqual(['Stages and inputs']);
  });

  it('shows how far a run is that has no verdict yet, and why one failed', () => {
    const running = shown(runPage(recordOf({ status: 'RUNNING', report: null })));
    expect(running.texts('h1')).toEqual(['Run 5f3a9c0e7d21b846']);
    expect(running.texts('h2')).toEqual(['State machine', 'Stages']);
    const failure = { stage: 'plan', error: 'ConfigError', message: 'no such key', parts: [] } as const;
    const failed = shown(runPage(recordOf({ status: 'FAILED', report: null, failure })));
    expect(failed.texts('h2')).toEqual(['The stage plan failed', 'State machine', 'Stages']);
  });

  it('names each of several experiments where its verdict stands', () => {
    const { texts } = shown(runPage(recordOf({ report: shop })));
    expect(texts('h1')).toEqual(['2 experiments']);
    expect(texts('section.experiment > h2')).toEqual([
      'Experiment one-page-checkout',
      'Experiment search-ranking',
    ]);
  });
});

describe('the page of an experiment', () => {
  const [experiment] = onlyCheckout().experiments as [ExperimentReport];
  const invalid: ExperimentReport = {
    ...experiment,
    decision: { ...experiment.decision, action: 'invalid', rule: 'trust_check_failed', variant: null },
  };
  const past = (runId: string, change: Partial<PastDecision> = {}): PastDecision => ({
    run: { ...summary, runId, published: false },
    asOf: '2026-03-31T23:59:59.000Z',
    experiment,
    ...change,
  });
  const decided = [past('aaaaaaaaaaaaaaaa'), past('bbbbbbbbbbbbbbbb', { experiment: invalid, asOf: null })];

  it('shows each decision with its rule, and the effect that it went by', () => {
    const { texts, document } = shown(experimentPage('one-page-checkout', decided, null));
    expect(texts('h1')).toEqual(['Experiment one-page-checkout']);
    expect(texts('tbody th')).toEqual([
      'Keep runningThe primary metric is better, but a guardrail is not yet shown to be within its margin.',
      'InvalidThe arms cannot be compared.',
    ]);
    const lifts = texts('td[data-label="Lift"]');
    expect(lifts[0]).toMatch(/^\+\d+\.\d %/);
    expect(lifts[1], 'the effect of arms that cannot be compared').toBe('–');
    expect(document.querySelectorAll('tbody svg.chart')).toHaveLength(1);
    expect(document.querySelector('tbody th a')?.getAttribute('href')).toBe('/runs/aaaaaaaaaaaaaaaa');
  });

  it('is the same as its JSON', () => {
    const [first] = history.parse(decided.map(decisionRecord));
    const primary = experiment.metrics[0]?.comparisons[0];
    expect(first).toMatchObject({
      runId: 'aaaaaaaaaaaaaaaa',
      users: 12_384,
      decision: { action: 'keep_running', rule: 'guardrail_not_shown' },
      primary: { metric: 'purchase_conversion', lift: primary?.deciding.effect.relative },
    });
  });

  it('takes the name of an experiment as text', () => {
    const { document } = shown(experimentPage('<b>a/b', decided, null));
    expect(document.querySelector('main b')).toBeNull();
    expect(document.querySelector('.fine a')?.getAttribute('href')).toBe('/api/experiments/%3Cb%3Ea%2Fb');
  });
});

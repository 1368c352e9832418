import { createHash } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { draw } from '../../../layers/report/page/charts/draw.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import type { Report } from '../../../layers/report/schema.ts';
import { exampleReport } from '../analysis/report-of.ts';
import { withEvidence } from './evidence.ts';
import { onlyCheckout, page, parse, shop } from './parsed-page.ts';
import { hostileReport, largeReport, shopReport } from './shop-report.ts';

vi.mock('../../../layers/report/page/charts/draw.ts', { spy: true });

/** The small example, whose second experiment has no treatment and which lacks a metric. */
function smallReport(): Report {
  const report = exampleReport();
  return { ...report, experiments: report.experiments.map(withEvidence) };
}

describe('report.html', () => {
  it('is the same bytes for the same report, also when rendered twice', () => {
    expect(reportPage(shopReport())).toBe(page);
    expect(reportPage(shop)).toBe(page);
  });

  it('is below 1 MB for 20 metrics in 10 segments, and draws one axis per table and one chart per series, not one per row', () => {
    vi.mocked(draw).mockClear();
    const large = reportPage(largeReport());
    expect(Buffer.byteLength(large)).toBeLessThan(1_000_000);
    expect(vi.mocked(draw).mock.calls.length).toBeLessThanOrEqual(40);
  });

  it('allows its own style and script by their hashes, and nothing else', () => {
    const { document } = parse(page);
    const policy = document.querySelector('meta[http-equiv]')?.getAttribute('content') ?? '';
    const hash = (selector: string) => {
      const found = document.querySelectorAll(selector);
      expect(found).toHaveLength(1);
      expect(found[0]?.textContent).toMatch(/\S/);
      return `'sha256-${createHash('sha256')
        .update(found[0]?.textContent ?? '')
        .digest('base64')}'`;
    };
    expect(policy).toBe(
      `default-src 'none'; style-src ${hash('style')}; script-src ${hash('script')}; img-src data:; base-uri 'none'; form-action 'none'`,
    );
    expect(document.querySelectorAll('[style], [onclick], [src], link:not([rel=icon])')).toHaveLength(0);
    expect(page).not.toMatch(/https?:\/\/(?!www\.w3\.org)/);
  });

  it('draws the effect over time and by days since exposure, each with its numbers', () => {
    const { document, text } = parse(page);
    expect(document.querySelectorAll('#e1-over-time .plot > svg[role=img]')).toHaveLength(6);
    expect(document.querySelectorAll('#e1-over-time .plot tbody tr')).toHaveLength(6 * 28);
    expect(text('#e1-since-exposure svg title')).toContain('lift by day since exposure');
    expect(text('#e1-since-exposure .trend')).toBe('The lift falls: −2.31 pp a day, p = 0.0375.');
  });

  it('shows the effects on everyone assigned, with what that on the exposed comes to', () => {
    const { document } = parse(page);
    const tables = [...document.querySelectorAll('#e1-assigned table')].map(
      (table) => table.textContent ?? '',
    );
    expect(tables).toHaveLength(2);
    expect(tables[0]).toMatch(
      /exposed or not.*4\.50\s%.*4\.90\s%.*\+8\.9\s%.*\+0\.40\spp.*diluted\s\+0\.41\spp.*0\.1416/s,
    );
    expect(tables[1]).not.toContain('diluted');
    expect(document.querySelector('#e1-assigned .fine')?.textContent).toContain(
      '83.0 % of the assigned were exposed.',
    );
  });

  it('says where to look for the users of a wrong split', () => {
    const { text } = parse(page);
    expect(text('#e1-trust .causes li')).toBe('150 users: SELECT variant FROM user_exposure WHERE day < 2');
  });

  it('sets every estimate of an effect beside the deciding one', () => {
    const { document } = parse(page);
    const rows = [...document.querySelectorAll('#e1-estimates tbody:nth-of-type(2) tr:not(.group) th')];
    expect(rows.map((row) => row.textContent)).toEqual([
      'Unadjusted deciding',
      'Adjusted by CUPEDwith events before exposure, 22.6 % less variance',
      'Cappedat 240, percentile 99.9; 5 and 7 users cut',
      'Valid at any time',
    ]);
  });

  it('shows chances, power, distribution, caps and the adjusted regression', () => {
    const { text } = parse(page);
    expect(text('#e1-outlook')).toContain('99.9 %');
    expect(text('#e1-outlook')).toContain('44,870');
    expect(text('#e1-distributions')).toContain('10 to below 20');
    expect(text('#e1-distributions table:last-of-type')).toContain('240.00');
    expect(text('#e1-regression')).toContain('+1.78 pp on the purchase conversion, +0.84 pp to +2.72 pp');
  });

  it('leads from raw lines to analysed users', () => {
    const { document } = parse(page);
    const steps = [...document.querySelectorAll('#e1-population tbody tr')].map((row) =>
      [...row.children].slice(0, 3).map((cell) => cell.textContent),
    );
    expect(steps).toEqual([
      ['Lines of assignments, all experiments', '21,124', '–'],
      ['removed: Quarantined', '−9', '–'],
      ['removed: Exact duplicates', '−14', '–'],
      ['Accepted lines', '21,101', '–'],
      ['Assigned to an arm', '14,010', '13,953'],
      ['removed: In more than one arm', '−83', '−83'],
      ['removed: Never exposed', '−1,486', '−1,486'],
      ['Exposed', '12,384', '12,384'],
      ['Outcome window not ended, counted', '100', '100'],
      ['Analysed', '12,384', '12,384'],
    ]);
  });

  it('lists metrics by role, the primary first, each with its interval as a chart', () => {
    const { document } = parse(page);
    const groups = [...document.querySelectorAll('#e1-lifts tr.group')].map((row) => row.textContent.trim());
    expect(groups).toEqual(['Primary', 'Secondary', 'Guardrails']);
    const rows = [...document.querySelectorAll('#e1-lifts > table tbody tr:not(.group)')];
    expect(rows).toHaveLength(9);
    for (const row of rows) {
      expect(row.querySelector('svg[role=img] > title')?.textContent).toMatch(/lift .+, interval .+ to /);
    }
  });

  it('says why a metric is not computed, in place of its numbers', () => {
    const { document } = parse(reportPage(smallReport()));
    const notes = [...document.querySelectorAll('#e1-lifts td.note')].map((cell) => cell.textContent);
    expect(notes).toEqual(['Not computed: the drop has no sessions.']);
    const without = [...document.querySelectorAll('#e2-lifts td.note')].map((cell) => cell.textContent);
    expect(without).toContain('Not computed: there is no treatment arm.');
  });

  it('leaves a step without its event out of the funnel, and says so once', () => {
    const [checkout] = shop.experiments;
    const why = 'no analysed user has an event "begin_checkout" in the outcome window';
    const metrics = checkout?.metrics.map((metric) =>
      metric.metric === 'begin_checkout_rate' ? { ...metric, unavailable: why, comparisons: [] } : metric,
    );
    const { document, text } = parse(reportPage(onlyCheckout({ metrics } as Report['experiments'][number])));
    const groups = [...document.querySelectorAll('#e1-funnel tr.group')].map((row) => row.textContent.trim());
    expect(groups).toEqual(['Exposed', 'Added to cart', 'Purchased']);
    expect(text('#e1-funnel .fine')).toBe(`Left out: Began checkout, since ${why}.`);
    expect(document.querySelectorAll('#e1-lifts td.note')).toHaveLength(1);
  });

  it('lists what is not available once: metrics where they would stand, the rest under data quality', () => {
    const unavailable: Report['unavailable'] = [
      { kind: 'metric', name: 'session_duration', reason: 'the drop has no sessions' },
      { kind: 'segment', name: 'country', reason: 'users have no column "country"' },
    ];
    const { text } = parse(reportPage({ ...onlyCheckout(), unavailable }));
    expect(text('#data-quality')).toContain('segment country');
    expect(text('#data-quality')).not.toContain('session_duration');
  });

  it('says what the sums below a mean are', () => {
    const { document } = parse(page);
    const sums = [
      ...document.querySelectorAll('#e1-lifts > table tbody tr:not(.group) td:nth-child(2) small'),
    ].map((small) => small.textContent.replace(/\u00a0/g, ' '));
    expect(sums[0]).toMatch(/^\d+ of 6,210$/);
    expect(sums[1]).toMatch(/^[\d,]+ \/ 6,210$/);
    expect(sums.every((sum) => /^[\d,.]+( s)? (of|\/) [\d,]+$/.test(sum))).toBe(true);
  });

  it('says what each p tests', () => {
    const { document } = parse(page);
    const heads = (section: string) =>
      [...document.querySelectorAll(`${section} thead th .head`)].map((head) => head.textContent);
    expect(heads('#e1-lifts')).toContain('p (difference)');
    expect(heads('#e1-guardrails')).toContain('p (within margin)');
  });

  it('warns beside an amount that rests on few buyers', () => {
    const [checkout] = shop.experiments;
    const metrics = checkout?.metrics.map((metric) => ({
      ...metric,
      comparisons: metric.comparisons.map((comparison) =>
        metric.unit === 'currency'
          ? { ...comparison, fewBuyers: { control: 31, treatment: 28, minimum: 100 } }
          : comparison,
      ),
    }));
    const { document, text } = parse(reportPage(onlyCheckout({ metrics } as Report['experiments'][number])));
    const rows = [...document.querySelectorAll('#e1-lifts > table tbody tr')].filter((row) =>
      row.textContent.includes('Rough'),
    );
    expect(rows).toHaveLength(2);
    expect(rows[0]?.querySelector('th')?.textContent).toContain('Rough: 31 and 28 buyers');
    expect(text('#e1-methods')).toContain('fewer than 100 buyers in an arm');
  });

  it('says why a day has no interval', () => {
    const [checkout] = shop.experiments;
    const sinceExposure = checkout?.sinceExposure.map((series) => ({
      ...series,
      days: series.days.map((day) => (day.day > 10 ? { ...day, relativeCi: null } : day)),
    }));
    const { text } = parse(reportPage(onlyCheckout({ sinceExposure } as Report['experiments'][number])));
    expect(text('#e1-since-exposure .lede')).toContain('Grey points have no bar');
    expect(parse(page).text('#e1-since-exposure .lede')).not.toContain('Grey points');
  });

  it('draws the margin of each guardrail', () => {
    const { document } = parse(page);
    expect(document.querySelectorAll('#e1-guardrails .beyond')).toHaveLength(3);
    expect(document.querySelectorAll('#e1-lifts .beyond')).toHaveLength(0);
  });

  it('shows the funnel of each arm from the exposed to the buyers', () => {
    const { document } = parse(page);
    const arms = [...document.querySelectorAll('#e2-funnel tbody tr:not(.group)')];
    expect(arms).toHaveLength(4 * 3);
    expect(arms[0]?.textContent).toContain('100.0 %');
  });

  it('repeats the original analyses in the units of the rest of the page', () => {
    const { text, document } = parse(reportPage(smallReport()));
    const cells = [...document.querySelectorAll('#e1-original table:first-of-type td')];
    expect(
      cells.map((cell) => `${cell.getAttribute('data-label')} ${cell.textContent}`.replaceAll('\u00a0', ' ')),
    ).toEqual([
      'Control 4.24 %',
      'Treatment 4.87 %',
      'Difference +0.63 pp',
      'z 0.4589',
      'p 0.6463',
      '95 % interval −2.06 pp to +3.33 pp',
    ]);
    expect(text('#e1-original')).toContain('is_treatment');
  });

  it('is short: the appendix and what some ask next are folded, and one experiment is open at a time', () => {
    const { document } = parse(page);
    const folded = [...document.querySelectorAll('#e1 section')].filter((section) =>
      section.closest('.appendix'),
    );
    expect(folded.map(({ id }) => id)).toEqual([
      'e1-estimates',
      'e1-assigned',
      'e1-outlook',
      'e1-distributions',
      'e1-regression',
      'e1-original',
      'e1-methods',
    ]);
    expect(
      [...document.querySelectorAll('details.fold, details.appendix')].some((fold) =>
        fold.hasAttribute('open'),
      ),
    ).toBe(false);
    const chapters = [...document.querySelectorAll('details.chapter')];
    expect(chapters.map((chapter) => [chapter.getAttribute('name'), chapter.hasAttribute('open')])).toEqual([
      ['experiment', true],
      ['experiment', false],
    ]);
  });

  it('breaks a bar that goes beyond its scale', () => {
    const { document } = parse(page);
    const rows = [...document.querySelectorAll('#e1-distributions tbody tr')];
    const broken = rows.filter((row) => row.querySelector('.break') !== null);
    expect(broken.map((row) => row.querySelector('th')?.textContent)).toEqual(['Zero']);
  });

  it('shows quarantined values as they were written', () => {
    const { document } = parse(page);
    expect([...document.querySelectorAll('#data-quality .raw')].map((value) => value.textContent)).toContain(
      '31/02/2026 25:00',
    );
  });

  it('begins with an overview where there are several experiments, and without one for a single one', () => {
    expect([...parse(page).document.querySelectorAll('#overview tbody a')].map((a) => a.textContent)).toEqual(
      ['one-page-checkout', 'search-ranking'],
    );
    expect(parse(reportPage(onlyCheckout())).document.querySelector('#overview')).toBeNull();
  });

  it('shows no effect of an invalid experiment in the overview', () => {
    const invalid = shop.experiments.map((experiment, index) =>
      index === 0
        ? { ...experiment, decision: { ...experiment.decision, action: 'invalid' as const } }
        : experiment,
    );
    const { document } = parse(reportPage({ ...shop, experiments: invalid }));
    const rows = [...document.querySelectorAll('#overview tbody tr')];
    expect(rows.map((row) => row.querySelector('svg[role=img]') !== null)).toEqual([false, true]);
    expect(rows[0]?.textContent).not.toContain('+25.5');
  });

  it('leaves out sections without data', () => {
    const bare = onlyCheckout({
      segments: [],
      assigned: [],
      interactions: [],
      novelty: [],
      sinceExposure: [],
      regression: [],
      caps: [],
      distributions: [],
      parity: null,
      metrics: [],
    });
    const { document } = parse(
      reportPage({
        ...bare,
        population: [],
        quality: {},
        quarantineRules: [],
        warnings: [],
        unavailable: [],
      }),
    );
    expect([...document.querySelectorAll('section')].map((section) => section.id)).toEqual([
      'e1-verdict',
      'e1-trust',
      'e1-methods',
      'lineage',
    ]);
  });

  it('shows a page for a run without experiments', () => {
    const { document } = parse(reportPage({ ...shop, experiments: [] }));
    expect(document.querySelector('#data-quality')).not.toBeNull();
    expect(document.querySelector('article')).toBeNull();
  });

  it('has anchors that exist, ids that are unique, and headings without gaps', () => {
    const { document } = parse(page);
    const ids = [...document.querySelectorAll('[id]')].map((element) => element.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const link of document.querySelectorAll('a[href^="#"], use')) {
      expect(ids).toContain(link.getAttribute('href')?.slice(1));
    }
    const levels = [...document.querySelectorAll('h1, h2, h3, h4')].map((heading) =>
      Number(heading.tagName[1]),
    );
    expect(levels[0]).toBe(1);
    levels.slice(1).forEach((level, index) => {
      expect(level - (levels[index] ?? 0)).toBeLessThanOrEqual(1);
    });
  });

  it('gives every table a caption and scopes', () => {
    const { document } = parse(page);
    for (const table of document.querySelectorAll('table')) {
      expect(table.querySelector('caption')?.textContent).not.toBe('');
      for (const head of table.querySelectorAll('th')) expect(head.getAttribute('scope')).toBeTruthy();
    }
  });

  it('has no markup from data: names, reasons and raw values of any kind add no element', () => {
    const elements = (report: Report) =>
      [...parse(reportPage(report)).document.querySelectorAll('*')].map((element) => element.tagName);
    expect(elements(hostileReport(`"><script>alert(1)</script><img src=x onerror='alert(2)'>`))).toEqual(
      elements(hostileReport('Plain name')),
    );
  });

  it('stays small where a name has 10,000 characters', () => {
    const long = Buffer.byteLength(reportPage(hostileReport('n'.repeat(10_000))));
    expect(long).toBeLessThan(Buffer.byteLength(page) * 1.2);
  });
});

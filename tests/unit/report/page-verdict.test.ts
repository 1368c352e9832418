import { describe, expect, it } from 'vitest';
import { formatLiftInterval } from '../../../layers/report/format.ts';
import { reportPage } from '../../../layers/report/page/page.ts';
import { decidingOf, type Report } from '../../../layers/report/schema.ts';
import { onlyCheckout, page, parse, shop } from './parsed-page.ts';

describe('verdict and trust checks of report.html', () => {
  it('says first what to do, by which rule and why, and what to mind', () => {
    const { text } = parse(page);
    expect(text('#e1-verdict .verdict-action')).toBe('Keep running');
    expect(text('#e1-verdict .verdict-rule')).toBe(
      'The primary metric is better, but a guardrail is not yet shown to be within its margin. Leave the experiment on and do not act yet.',
    );
    expect(text('#e1-verdict .verdict-reason')).toMatch(
      /^treatment is significantly better .+ adjusted p = /,
    );
    expect(text('#e1-verdict .reasons')).toMatch(
      /^Not yet shown to be within the margin: Retention d7\..+The planned 12,000 users are reached \(12,284\)\.$/,
    );
    expect(text('#e1-verdict .warnings')).toBe(
      'Note: Crossovers (users in several arms) (0.6 % of the assigned left out), Outcome windows (3.3 % not ended)',
    );
    expect(text('#e1-verdict .figures')).toContain(
      'Trust checks 5 of 8 passed, 2 with a note (Crossovers (users in several arms); Outcome windows), 1 not checked (Sample ratio on each day)',
    );
  });

  it('speaks of a planned end only where one was declared', () => {
    const [checkout] = shop.experiments;
    if (checkout === undefined) throw new Error('the shop has experiments');
    const decidedOn = (settings: Partial<typeof checkout.settings>) =>
      parse(reportPage(onlyCheckout({ settings: { ...checkout.settings, ...settings } }))).text(
        '#e1-verdict .figures',
      );
    expect(decidedOn({ plannedUsers: 12_000, plannedEnd: null })).toContain('; one look at the planned end,');
    expect(decidedOn({ plannedUsers: null, plannedEnd: null })).toContain(
      '; one look, for which no end was planned,',
    );
  });

  it('says from when to when the users came', () => {
    expect(parse(page).text('#e1-verdict .figures')).toContain(
      'Users analysed12,384, exposed from 2026-03-01 to 2026-03-28 (UTC)',
    );
  });

  it.each([
    ['ship', 'Ship treatment'],
    ['do_not_ship', 'Do not ship'],
    ['invalid', 'Invalid'],
  ] as const)('shows the decision %s as "%s"', (action, shown) => {
    const decision = { ...onlyCheckout().experiments[0]?.decision, action, variant: 'treatment' };
    const { text, document } = parse(reportPage(onlyCheckout({ decision } as Report['experiments'][number])));
    expect(text('#e1-verdict .verdict-action')).toBe(shown);
    expect(document.querySelector('#e1-lifts .notice') !== null).toBe(action === 'invalid');
  });

  it('says to correct the configuration where nobody was exposed, not to look for a failed check', () => {
    const { decision } = shop.experiments[0] ?? {};
    const blocked = { ...decision, action: 'invalid', variant: null, rule: 'nobody_exposed' };
    const { text } = parse(reportPage(onlyCheckout({ decision: blocked } as Report['experiments'][number])));
    expect(text('#e1-verdict .verdict-rule')).toBe(
      'There is nobody to compare. Correct what is named here, and run again.',
    );
    expect(text('#e1-lifts .notice')).toBe(
      'There is nobody to compare. These numbers are shown to find the cause, not to decide.',
    );
  });

  it('shows no effect in the verdict where the arms cannot be compared, but how they split', () => {
    const [checkout] = shop.experiments;
    if (checkout === undefined) throw new Error('the shop has experiments');
    const { srm } = checkout.trust;
    const arms = srm.arms.map((arm, index) => ({ ...arm, users: index === 0 ? 6000 : 4000, expected: 5000 }));
    const { text, document } = parse(
      reportPage(
        onlyCheckout({
          decision: { ...checkout.decision, action: 'invalid', variant: null, rule: 'trust_check_failed' },
          trust: { ...checkout.trust, srm: { ...srm, arms, status: 'fail' } },
        }),
      ),
    );
    expect(document.querySelector('#e1-verdict .hero-number')).toBeNull();
    expect(text('#e1-verdict .verdict-numbers')).toBe(
      'Exposed users, and their share control6,000, 60.0 % (planned 50.0 %)treatment4,000, 40.0 % (planned 50.0 %)',
    );
  });

  it('gives each trust check a result, its number and its meaning', () => {
    const { document } = parse(page);
    const rows = document.querySelector('#e1-trust details table')?.querySelectorAll('tbody tr') ?? [];
    const checks = [...rows].map((row) => [...row.children].map((cell) => cell.textContent.trim()));
    expect(checks.map(([check, result]) => `${check}: ${result}`)).toEqual([
      'Sample ratio of exposed users: Pass',
      'Sample ratio of assigned users: Pass',
      'Crossovers even across arms: Pass',
      'Sample ratio in each segment: Pass',
      'Balance before exposure: Pass',
      'Sample ratio on each day: Not checked',
    ]);
    expect(checks.every(([, , number, meaning]) => number !== '' && meaning !== '')).toBe(true);
  });

  it('says in a line what the checks amount to, with those that did not pass open and the others folded', () => {
    const { document, text } = parse(page);
    expect(text('#e1-trust .line')).toMatch(/^5 of 8 passed, 2 with a note /);
    expect(
      [...document.querySelectorAll('#e1-trust .findings strong')].map((found) => found.textContent),
    ).toEqual(['Crossovers (users in several arms): note.', 'Outcome windows: note.']);
    expect(document.querySelectorAll('#e1-trust details .findings')).toHaveLength(0);
    expect(document.querySelector('#e1-trust details')?.hasAttribute('open')).toBe(false);
  });

  it('says each warning once: by name in the verdict, in full among the checks', () => {
    const sentence = '83 users (0.6 %) saw more than one version and are left out.';
    const [checkout] = shop.experiments;
    if (checkout === undefined) throw new Error('the shop has experiments');
    const trust = { ...checkout.trust, warnings: [sentence, 'Something else is odd.'] };
    const { document, text } = parse(reportPage(onlyCheckout({ trust })));
    expect(document.body.textContent.replace(/\u00a0/g, ' ').split(sentence)).toHaveLength(2);
    expect(text('#e1-verdict .warnings')).toContain('Something else is odd.');
    expect(document.querySelector('#e1-verdict .warnings a')?.getAttribute('href')).toBe('#e1-trust');
  });

  it('names the statistic of each check, also in reports that do not', () => {
    const [checkout] = shop.experiments;
    if (checkout === undefined) throw new Error('the shop has experiments');
    const [ratio, ...checks] = checkout.trust.checks;
    if (ratio === undefined) throw new Error('an experiment has checks');
    const named = { ...ratio, statistic: 0.63, statisticName: 'chi_square' as const, df: 1 };
    const numberOf = (check: typeof ratio) =>
      parse(reportPage(onlyCheckout({ trust: { ...checkout.trust, checks: [check, ...checks] } }))).text(
        '#e1-trust details tbody tr:nth-child(1) td:nth-child(3)',
      );
    expect(numberOf(named)).toBe('χ²(1) = 0.63, p = 0.7463');
    expect(numberOf(ratio)).toBe('χ² = 0.10, p = 0.7463');
    expect(numberOf({ ...named, isAdjusted: true })).toBe('χ²(1) = 0.63, adjusted p = 0.7463');
  });

  it('counts checks that failed in the verdict', () => {
    const trust = onlyCheckout().experiments[0]?.trust;
    if (trust === undefined) throw new Error('an experiment has checks');
    const checks = trust.checks.map((check, index) =>
      index === 0 ? { ...check, status: 'fail' as const } : check,
    );
    const { text } = parse(reportPage(onlyCheckout({ trust: { ...trust, checks } })));
    expect(text('#e1-verdict .figures')).toContain('4 of 8 passed, 1 failed');
    expect(text('#e1-trust .findings li')).toContain('fail.');
  });

  it('shows trust as good where nothing is wrong and the sample ratio was checked', () => {
    const [checkout] = shop.experiments;
    if (checkout === undefined) throw new Error('the shop has experiments');
    const toneWith = (statusOf: (name: string) => 'pass' | 'not_checked') => {
      const checks = checkout.trust.checks.map((check) => ({ ...check, status: statusOf(check.name) }));
      const { document } = parse(reportPage(onlyCheckout({ trust: { ...checkout.trust, checks } })));
      return document.querySelector('#e1-verdict .figures .icon')?.getAttribute('class');
    };
    expect(toneWith((name) => (name === 'unknown_variants' ? 'not_checked' : 'pass'))).toBe('icon good');
    expect(toneWith((name) => (name === 'sample_ratio_by_day' ? 'not_checked' : 'pass'))).toBe('icon good');
    expect(toneWith((name) => (name === 'sample_ratio_exposed' ? 'not_checked' : 'pass'))).toBe(
      'icon neutral',
    );
  });

  it('keeps the many tests behind the checks behind a fold', () => {
    const { text } = parse(page);
    expect(text('#e1-trust details details summary')).toContain('(26 tests)');
    expect(text('#e1-trust details')).toContain('Device: mobile');
  });

  it('shows the intervals and p-values of the declared way of testing', () => {
    const [checkout] = shop.experiments;
    const primary = checkout?.metrics[0]?.comparisons[0];
    const decision = {
      ...checkout?.decision,
      basis: { estimate: 'unadjusted', values: 'uncapped', testing: 'always_valid' },
    };
    const metrics = checkout?.metrics.map((metric) => ({
      ...metric,
      comparisons: metric.comparisons.map((found) => ({ ...found, deciding: decidingOf(found) })),
    }));
    const { text } = parse(reportPage(onlyCheckout({ decision, metrics } as Report['experiments'][number])));
    const shown = formatLiftInterval(primary?.sequential?.relativeCi ?? null);
    expect(shown).not.toBe(formatLiftInterval(primary?.effect.relativeCi ?? null));
    expect(text('#e1-verdict .hero-detail')).toBe(`95 % interval at any time ${shown}`);
    expect(text('#e1-lifts tbody tr:not(.group)')).toContain(shown);
    expect(text('#e1-verdict .figures')).toContain('any number of looks');
  });
});

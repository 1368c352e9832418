import { describe, expect, it } from 'vitest';
import { slackMessage } from '../../../layers/report/slack-message.ts';
import { shop } from './parsed-page.ts';
import { hostileReport } from './shop-report.ts';

const texts = (report: typeof shop, where = 'https://example.com/r') =>
  slackMessage(report, where).blocks.map((block) =>
    block.type === 'section' ? block.text.text : block.elements.map(({ text }) => text).join(''),
  );

describe('the message for Slack', () => {
  it('has the verdict and its rule, the lift of the arm with its interval, a reason, and the way to the report', () => {
    const [first, , context] = texts(shop);
    expect(first?.replaceAll('\u00a0', ' ').split('\n')).toEqual([
      ':hourglass_flowing_sand: *Keep running: one-page-checkout*',
      'The primary metric is better, but a guardrail is not yet shown to be within its margin.',
      `Purchase conversion, treatment against control: +25.5 %, 95 % interval +11.4 % to +41.6 %, 12,384 users`,
      'Not yet shown to be within the margin: Retention d7.',
    ]);
    expect(context).toBe('<https://example.com/r|Open the report> · drop spring · run `5f3a9c0e`');
    expect(slackMessage(shop, 'x').text).toBe(
      'Keep running: one-page-checkout; Keep running: search-ranking',
    );
  });

  it('has the lift of each arm where the verdict is of none', () => {
    const [checkout] = shop.experiments;
    if (checkout === undefined) throw new Error('the shop has experiments');
    const metrics = checkout.metrics.map((metric) => ({
      ...metric,
      comparisons: ['b', 'c'].flatMap((variant) =>
        metric.comparisons.map((found) => ({ ...found, variant })),
      ),
    }));
    const decision = { ...checkout.decision, variant: null };
    const [text] = texts({ ...shop, experiments: [{ ...checkout, metrics, decision }] });
    expect(text?.match(/, [bc] against control: /g)).toEqual([
      ', b against control: ',
      ', c against control: ',
    ]);
  });

  it('names the place of a report that has no address', () => {
    expect(texts(shop, '/home/ann/report.html').at(-1)).toMatch(/^Report: \/home\/ann\/report\.html · /);
  });

  it('shows no effect of arms that cannot be compared', () => {
    const invalid = {
      ...shop,
      experiments: shop.experiments.map((experiment) => ({
        ...experiment,
        decision: { ...experiment.decision, action: 'invalid' as const },
      })),
    };
    expect(texts(invalid)[0]).toMatch(
      /^:no_entry: \*Invalid: do not read the effects: one-page-checkout\*\n/,
    );
    expect(texts(invalid)[0]).not.toContain('Purchase conversion +');
  });

  it('lets no name in the data notify a channel or make a link', () => {
    const message = JSON.stringify(slackMessage(hostileReport('<!channel> & <https://x|y>'), '/r'));
    expect(message).not.toMatch(/<[!h]/);
    expect(message).toContain('&lt;!channel&gt; &amp; &lt;https://x|y&gt;');
  });

  it('stays within what Slack takes, whatever there is to tell', () => {
    const [experiment] = shop.experiments;
    if (experiment === undefined) throw new Error('the shop has experiments');
    const many = { ...shop, experiments: Array.from({ length: 60 }, () => experiment) };
    const { blocks } = slackMessage({ ...many }, '/r');
    expect(blocks.length).toBeLessThanOrEqual(50);
    expect(texts(many).at(-2)).toBe('20 more experiments are in the report.');
    const long = hostileReport('x'.repeat(10_000));
    expect(texts(long).every((text) => text.length <= 3000)).toBe(true);
  });
});

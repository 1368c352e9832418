import fc from 'fast-check';
import { parseHTML } from 'linkedom';
import { describe, expect, it } from 'vitest';
import { html, trusted } from '../../../layers/report/html/html.ts';
import { name, plainName, unbroken } from '../../../layers/report/html/names.ts';
import { covariateLabel, metricLabel } from '../../../layers/report/labels.ts';

describe('markup', () => {
  it('shows text from data as text, in content and in attributes', () => {
    const hostile = `<img src=x onerror="alert('1')">&amp;`;
    expect(html`<p title="${hostile}">${hostile}</p>`.markup).toBe(
      '<p title="&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;">&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;amp;</p>',
    );
  });

  it('reads back as the text that went in, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const { document } = parseHTML(html`<html><body><p title="${text}">${text}</p></body></html>`.markup);
        const [paragraph, ...others] = document.body.children;
        expect(others).toEqual([]);
        expect(paragraph?.children).toHaveLength(0);
        expect(paragraph?.getAttribute('title')).toBe(paragraph?.textContent);
      }),
    );
  });

  it('takes markup and lists of it as they are, and leaves out what is absent', () => {
    expect(html`<ul>${['a', '<'].map((item) => html`<li>${item}</li>`)}${null}${undefined}</ul>`.markup).toBe(
      '<ul><li>a</li><li>&lt;</li></ul>',
    );
    expect(html`${trusted('<b>')}${0}`.markup).toBe('<b>0');
  });

  it('refuses an attribute without quotes, where escaping would not be enough', () => {
    expect(() => html`<p title=${'x onclick=alert(1)'}>`).toThrow('without quotes');
  });

  it('shows control characters and broken surrogates by pictures', () => {
    expect(html`${'a\u0000b\u001bc\u007f\ud800'}`.markup).toBe('a␀b␛c␡\ufffd');
  });
});

describe('names', () => {
  it('have a direction of their own', () => {
    expect(name('\u202eevil').markup).toBe('<bdi>\u202eevil</bdi>');
    expect(plainName('שלום')).toBe('\u2068שלום\u2069');
  });

  it('are cut where they are very long, and say how long they are', () => {
    expect(name('x'.repeat(10_000)).markup).toBe(`<bdi>${'x'.repeat(80)}… (10,000 characters)</bdi>`);
    expect(plainName('😀'.repeat(81))).toBe(`\u2068${'😀'.repeat(80)}… (81 characters)\u2069`);
  });

  it('of metrics read as words, unless they are no identifiers', () => {
    expect(metricLabel('retention_d7')).toBe('Retention d7');
    expect(metricLabel('<b>My metric</b>')).toBe('<b>My metric</b>');
    expect(covariateLabel('pre_revenue')).toBe('Revenue before exposure');
    expect(covariateLabel('pre28_wishlist_rate')).toBe('Wishlist rate in the 28 days before exposure');
  });
});

it('keeps numbers and their units on one line', () => {
  expect(unbroken('adjusted p = 0.0123, p < 1e−300')).toBe(
    'adjusted p\u00a0=\u00a00.0123, p\u00a0<\u00a01e−300',
  );
  expect(unbroken('+11.4 % to +41.6 %, 12,384 of 1,000 s')).toBe(
    '+11.4\u00a0% to +41.6\u00a0%,\u00a012,384 of\u00a01,000\u00a0s',
  );
});

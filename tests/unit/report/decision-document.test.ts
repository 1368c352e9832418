import { describe, expect, it } from 'vitest';
import { decisionDocument } from '../../../layers/report/decision-document.ts';
import { exampleReport } from '../analyze/report-of.ts';

describe('EXPERIMENT_DECISION.md', () => {
  const document = decisionDocument(exampleReport());

  it('starts each experiment with its decision', () => {
    expect(document).toContain('## checkout: Keep running');
    expect(document).toContain('## search: Invalid');
  });

  it('states the original analyses to four digits', () => {
    expect(document).toContain('0.0424 against 0.0487, lift 0.0063');
    expect(document).toContain('p = 0.6463, 95 % interval (-0.0206, 0.0333)');
    expect(document).toMatch(/Logistic regression: intercept .+ is_treatment .+ events_in_window/);
  });

  it('names what is not available and why', () => {
    expect(document).toContain('session_duration is not available: the drop has no sessions.');
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

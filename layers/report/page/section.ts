import type { Content, Html } from '../html/html.ts';
import type { ExperimentReport, Report } from '../schema.ts';

export interface Section {
  /** Part of the anchor; the same for each experiment. */
  readonly id: string;
  readonly title: string;
  /** What the section says in a line, where it is folded. */
  readonly summary?: Content;
  readonly body: Html;
}

/** A section about one experiment, or null where its data are absent. */
export type ExperimentSection = (experiment: ExperimentReport, report: Report) => Section | null;

/** A section about the whole run, or null where its data are absent. */
export type RunSection = (report: Report) => Section | null;

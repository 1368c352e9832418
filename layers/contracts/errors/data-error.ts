import { PipelineError } from './pipeline-error.ts';

/** The uploaded rows cannot give a trustworthy result (mixed currencies, too many bad rows, counts that do not add up). */
export class DataError extends PipelineError {}

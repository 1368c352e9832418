import { PipelineError } from './pipeline-error.ts';

/** A part of an earlier stage left no result and no error behind: its function was killed (memory, time, a crash). */
export class IncompleteError extends PipelineError {}

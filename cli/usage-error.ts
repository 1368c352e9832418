import { PipelineError } from '../layers/contracts/errors/index.ts';

/** The command was called in a way that cannot work (a folder that is not there, options that exclude each other). */
export class UsageError extends PipelineError {}

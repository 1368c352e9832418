import { PipelineError } from './pipeline-error.ts';

/** May succeed when tried again (throttling, a lost connection, a service that restarts). The only error that is retried. */
export class TransientError extends PipelineError {}

import { PipelineError } from '../../layers/contracts/errors/index.ts';

/** The run ended without a published result. */
export class RunFailure extends PipelineError {}

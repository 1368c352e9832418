import { PipelineError } from './pipeline-error.ts';

/** The configuration is wrong (unknown key, wrong type, a metric that does not exist). */
export class ConfigError extends PipelineError {}

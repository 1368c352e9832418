export { ConfigError } from './config-error.ts';
export { DataError } from './data-error.ts';
export { IncompleteError } from './incomplete-error.ts';
export { describeFault, type Fault, PipelineError } from './pipeline-error.ts';
export { SchemaError } from './schema-error.ts';
export { TransientError } from './transient-error.ts';

import { inject } from 'vitest';
import { untilDeployed } from './deployment.ts';

await untilDeployed(inject('stateFolder'));

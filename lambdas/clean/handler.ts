import { cleanStage } from '../../layers/engine/clean/clean.ts';
import { engineOf } from '../../layers/platform/duckdb.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(cleanStage, { engine: engineOf });

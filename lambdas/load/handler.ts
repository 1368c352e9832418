import { withDatabase } from '../../layers/platform/database.ts';
import { engineOf } from '../../layers/platform/duckdb.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';
import { loadStage } from '../../layers/runs/load/load.ts';

export const handler = lambdaHandler(loadStage(withDatabase), { engine: engineOf });

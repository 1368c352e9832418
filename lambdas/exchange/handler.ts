import { exchangeStage } from '../../layers/engine/exchange/exchange.ts';
import { engineOf } from '../../layers/platform/duckdb.ts';
import { lambdaHandler } from '../../layers/runs/lambda.ts';

export const handler = lambdaHandler(exchangeStage, { engine: engineOf });

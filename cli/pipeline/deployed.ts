import { UsageError } from '../../layers/platform/errors.ts';

/**
 * The pipeline that a checkout has deployed, for commands that work on a folder as well.
 * @throws UsageError where ecom was installed without a checkout; LocalError when nothing runs locally
 */
export async function deployedPipeline() {
  if (HAS_CHECKOUT) {
    const [{ connect }, executions] = await Promise.all([
      import('./connection.ts'),
      import('./executions.ts'),
    ]);
    return { connection: connect(), ...executions };
  }
  throw new UsageError({
    what: 'runs of the pipeline are known in a checkout of the project only',
    remedy: 'Name a folder that was analysed with ecom analyze',
  });
}

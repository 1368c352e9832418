import { defineConfig } from 'vitest/config';
import { codeVersion } from './infrastructure/code-version.mjs';
import { textExtensions } from './infrastructure/text-modules.mjs';

const textModules = {
  name: 'text-modules',
  enforce: 'pre' as const,
  transform(code: string, id: string) {
    if (textExtensions.some((extension) => id.endsWith(extension)))
      return `export default ${JSON.stringify(code)}`;
    return undefined;
  },
};

export default defineConfig({
  plugins: [textModules],
  define: {
    PROJECT_ROOT: JSON.stringify(import.meta.dirname),
    HAS_CHECKOUT: 'true',
    CODE_VERSION: JSON.stringify(codeVersion(import.meta.dirname)),
  },
  test: {
    // Generous: on a busy machine a test may take many times as long as on a quiet one.
    testTimeout: 120_000,
    hookTimeout: 240_000,
    // Vitest empties style sheets that it is not told of.
    css: { include: [/\.css\?raw$/] },
    setupFiles: ['tests/quiet-logs.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'components',
          include: ['tests/{unit,oracle}/**/*.test.ts'],
          // They leave nothing behind in their process: modules are loaded once, which is a third of the time.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'integration',
          include: ['tests/{cdk,integration,browser}/**/*.test.ts'],
          globalSetup: ['tests/integration/servers.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['tests/e2e/*.test.ts'],
          // One emulator and one deployment for all of them, which come up while the components are tested.
          globalSetup: ['tests/e2e/deployment.ts'],
          setupFiles: ['tests/e2e/await-deployment.ts'],
          testTimeout: 300_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'reliability',
          include: ['tests/e2e/reliability/*.test.ts'],
          globalSetup: ['tests/e2e/deployment.ts'],
          setupFiles: ['tests/e2e/await-deployment.ts'],
          fileParallelism: false,
          // They stop the database and kill functions: in a run of all projects last, when nobody else uses the deployment;
          // `npm test` runs them in a process of their own, with a deployment of their own (tests/run.mjs).
          sequence: { groupOrder: 1 },
          testTimeout: 300_000,
        },
      },
    ],
  },
});

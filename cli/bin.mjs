#!/usr/bin/env node
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { runTypeScript } from '../infrastructure/run.mjs';

// The SDK is pinned to a version that supports every Node.js that package.json allows.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
await runTypeScript(path.join(path.dirname(fileURLToPath(import.meta.url)), 'main.ts'));

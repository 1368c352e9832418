#!/usr/bin/env node
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { importTypeScript } from '../infrastructure/run.mjs';

process.setSourceMapsEnabled(true);
await importTypeScript(path.join(path.dirname(fileURLToPath(import.meta.url)), 'main.ts'));

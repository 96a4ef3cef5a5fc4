// Jest in native-ESM mode; four kinds of spec, told apart by the file's name (see CONTRIBUTING.md).
import { mkdirSync } from 'node:fs';

// --outputFile does not make its folder.
mkdirSync('.jest', { recursive: true });

const shared = {
  testEnvironment: 'node',
  // CommonJS packages that require() Nest must find it evaluated already.
  setupFiles: ['../../tools/jest-preload.mjs'],
  extensionsToTreatAsEsm: ['.ts'],
  // './x.js' in TypeScript source means './x.ts'
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  // workspace packages resolve to their src/ through this export condition: no build before tests
  testEnvironmentOptions: { customExportConditions: ['@opsmesh/source', 'node', 'node-addons'] },
  transform: {
    '^.+\\.ts$': ['@swc/jest', {
      swcrc: false,
      jsc: {
        target: 'es2023',
        parser: { syntax: 'typescript', decorators: true },
        transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        keepClassNames: true,
      },
      module: { type: 'es6' },
      sourceMaps: 'inline',
    }],
  },
};
const servers = { globalSetup: '../../tools/jest-servers.mjs', globalTeardown: '../../tools/jest-servers-stop.mjs' };

export default {
  testTimeout: 30_000,
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/src/**/*.spec.ts'], testPathIgnorePatterns: ['\\.int\\.spec\\.ts$', '\\.wait\\.spec\\.ts$', '\\.e2e\\.spec\\.ts$'] },
    { ...shared, ...servers, displayName: 'integration', testMatch: ['<rootDir>/src/**/*.int.spec.ts'] },
    { ...shared, displayName: 'waiting', testMatch: ['<rootDir>/src/**/*.wait.spec.ts'] },
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/src/**/*.e2e.spec.ts'] },
  ],
};

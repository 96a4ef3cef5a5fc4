import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import globals from 'globals';
import tseslint from 'typescript-eslint';

/** What a project with a given tag may import; ARCHITECTURE.md gives the reasons. */
const boundaries = [
  { sourceTag: 'scope:contracts', onlyDependOnLibsWithTags: ['scope:contracts'] },
  { sourceTag: 'scope:plan-model', onlyDependOnLibsWithTags: ['scope:contracts'] },
  { sourceTag: 'scope:platform', onlyDependOnLibsWithTags: ['scope:contracts'] },
  { sourceTag: 'scope:client', onlyDependOnLibsWithTags: ['scope:client'] },
  { sourceTag: 'scope:copilot', onlyDependOnLibsWithTags: ['scope:contracts'] },
  { sourceTag: 'scope:worker-runtime', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:platform'] },
  { sourceTag: 'scope:winrm', onlyDependOnLibsWithTags: ['scope:winrm'] },
  { sourceTag: 'scope:service', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:platform', 'scope:winrm', 'scope:worker-runtime'] },
  { sourceTag: 'scope:orchestrator', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:copilot', 'scope:plan-model', 'scope:platform'] },
  { sourceTag: 'scope:testing', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:platform', 'scope:winrm'] },
  { sourceTag: 'scope:e2e', onlyDependOnLibsWithTags: ['scope:contracts', 'scope:platform', 'scope:testing'] },
];

const moduleBoundaries = (extra) => ({
  '@nx/enforce-module-boundaries': ['error', {
    enforceBuildableLibDependency: true,
    // Tools belong to no project; whole-product specs start the mesh with them.
    allow: ['^(\\.\\./)+tools/(sim/)?[a-z-]+\\.mjs$'],
    depConstraints: boundaries.map((b) => ({ ...b, onlyDependOnLibsWithTags: [...b.onlyDependOnLibsWithTags, ...extra] })),
  }],
});

export default tseslint.config(
  { ignores: ['**/*.config.ts', '**/*.d.mts', '**/dist', '**/coverage', '**/node_modules', '**/.jest', '.nx'] },
  ...tseslint.configs.recommended,
  // Programs that are run as they are: plain Node.
  { files: ['**/*.mjs', '**/*.js'], ...js.configs.recommended, languageOptions: { globals: globals.node } },
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'off',
      'max-params': 'off',
      '@typescript-eslint/max-params': ['error', { max: 4 }],
      ...moduleBoundaries([]),
    },
  },
  // Specs may also use the test library; a table of cases has as many columns as it needs.
  { files: ['**/*.spec.ts', 'apps/orchestrator/src/testing/*.ts'], rules: { ...moduleBoundaries(['scope:testing']), '@typescript-eslint/max-params': 'off' } },
  // What the copilot makes is checked with the real compiler.
  { files: ['libs/copilot/src/**/*.spec.ts'], rules: moduleBoundaries(['scope:plan-model']) },
  {
    // The plan model is pure: no clock, no randomness, no I/O.
    files: ['libs/plan-model/src/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: {
      'no-restricted-imports': ['error', { patterns: ['node:*'] }],
      'no-restricted-globals': ['error', 'Date', 'process', 'performance', 'setTimeout', 'setInterval', 'setImmediate', 'crypto', 'fetch'],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random', message: 'Randomness enters the plan model as a value.' }],
    },
  },
  {
    // Engine and HTTP decide and translate; adapters are given to them through ports.
    files: ['apps/orchestrator/src/engine/**/*.ts', 'apps/orchestrator/src/http/**/*.ts'],
    ignores: ['**/*.spec.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: [{ group: ['**/store/*', '**/transport/*'], message: 'Use the ports in engine/ports; adapters are wired in orchestrator.module.ts.' }] }] },
  },
);

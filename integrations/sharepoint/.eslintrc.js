require('@rushstack/eslint-config/patch/modern-module-resolution');
module.exports = {
  extends: ['@microsoft/eslint-config-spfx/lib/profiles/default'],
  parserOptions: { tsconfigRootDir: __dirname },
  overrides: [
    {
      files: ['*.ts'],
      parser: '@typescript-eslint/parser',
      parserOptions: { project: './tsconfig.json', ecmaVersion: 2018, sourceType: 'module' },
      rules: {
        // JSON knows null, and in the API null says that nothing may or can be shown.
        '@rushstack/no-new-null': 0
      }
    }
  ]
};

// Tests of many minutes on the real lab run only where they are asked for.

export const LONG_TESTS = Boolean(process.env.SIPTUNE_LONG_TESTS);

if (!LONG_TESTS)
  process.stderr.write('Tests of many minutes are skipped: SIPTUNE_LONG_TESTS=1 runs them too.\n');

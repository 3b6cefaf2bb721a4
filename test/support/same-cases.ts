// Properties are checked with the same cases each time, so that a run fails only for what was changed; the long tests look for new
// ones.
import fc from 'fast-check';

// Not from long-tests.ts, which would say in each test file that they are skipped.
if (!process.env.SIPTUNE_LONG_TESTS) fc.configureGlobal({ seed: 20_261_128 });

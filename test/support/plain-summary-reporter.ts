// The last word of a test run: "N passed, N failed, N skipped", alone on a line, for whoever counts.
// What failed outside a test (a file that does not load, a hook, a stray rejection) counts as a failure too.
import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestModule, TestSuite } from 'vitest/node';

interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

export default class PlainSummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const counts: Counts = { passed: 0, failed: unhandledErrors.length, skipped: 0 };
    for (const module of modules) addModule(counts, module);
    const line = `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`;
    // scripts/test prints it itself, so that nothing comes after it.
    const file = process.env.SIPTUNE_TEST_SUMMARY;
    if (file === undefined) process.stdout.write(line);
    else writeFileSync(file, line);
  }
}

function addModule(counts: Counts, module: TestModule): void {
  for (const suite of [module, ...module.children.allSuites()]) if (brokeItself(suite)) counts.failed += 1;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === 'passed' || state === 'failed') counts[state] += 1;
    // A test that never came to run says nothing good: it is skipped at best.
    else counts.skipped += 1;
  }
}

function brokeItself(suite: TestModule | TestSuite): boolean {
  return suite.errors().length > 0;
}

// The examination: every check at once, and what they say together about whether a campaign could start.
import { article } from './article.ts';
import type { Check } from './check.ts';
import { drops } from './drops.ts';
import type { Finding } from './finding.ts';
import { knobs } from './knobs.ts';
import { limits } from './limits.ts';
import { machine } from './machine.ts';
import { network } from './network.ts';
import { rivals } from './rivals.ts';
import { router } from './router.ts';
import { start } from './start.ts';
import { tools } from './tools.ts';
import type { View } from './view.ts';

/** The registry, in the order of the report. */
export const CHECKS: readonly Check[] = [
  start,
  machine,
  network,
  router,
  limits,
  drops,
  rivals,
  tools,
  knobs,
  article,
];

export const DIAGNOSIS_SCHEMA = 1;

export interface Diagnosis {
  readonly schema: typeof DIAGNOSIS_SCHEMA;
  /** The machine's label, with its name where that is known. */
  readonly machine: string;
  readonly scenario: string | null;
  readonly root: boolean;
  readonly couldStart: boolean;
  /** The problems: why it could not. */
  readonly reasons: readonly Finding[];
  readonly findings: readonly Finding[];
}

export async function examine(view: View, checks: readonly Check[] = CHECKS): Promise<Diagnosis> {
  const found = await Promise.all(
    checks.map(async (check) =>
      (await check.examine(view)).map((remark): Finding => ({ area: check.area, ...remark })),
    ),
  );
  const findings = found.flat();
  const reasons = findings.filter(({ level }) => level === 'problem');
  const facts = await view.facts();
  return {
    schema: DIAGNOSIS_SCHEMA,
    machine: facts.state === 'done' ? facts.value.hostname : view.machine.label,
    scenario: view.scenario?.name ?? null,
    root: await view.root(),
    couldStart: reasons.length === 0,
    reasons,
    findings,
  };
}

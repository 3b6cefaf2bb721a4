// siptune list: the campaigns of a results folder, one line each, also those that did not end well.
import Table from 'cli-table3';
import { EXIT, type ExitStatus } from '../errors.ts';
import { ratioText } from '../report/numbers.ts';
import { plainText } from '../report/plain-text.ts';
import { findCampaigns, readResult } from '../store/result-store.ts';
import type { CommandIo } from './command-io.ts';

export async function list(
  { out, json }: { readonly out: string; readonly json: boolean },
  io: CommandIo,
): Promise<ExitStatus> {
  const rows = await Promise.all(
    (await findCampaigns(out)).map(async ({ id, dir }) => {
      const stored = await readResult(dir);
      if (stored.state !== 'found') return { id, state: stored.state, why: stored.why };
      const { verdict, scenario, comparison, target, restored } = stored.result;
      return {
        id,
        state: verdict,
        scenario,
        router: `${target.router} ${target.routerVersion}`.trim(),
        metric: comparison?.metric ?? null,
        ratio: comparison?.ratio ?? null,
        restored,
      };
    }),
  );
  if (json) {
    io.out(`${JSON.stringify(rows, null, 2)}\n`);
    return EXIT.ok;
  }
  if (rows.length === 0) {
    io.out(`No campaigns in ${plainText(out)}.\n`);
    return EXIT.ok;
  }
  const table = new Table({
    head: ['campaign', 'verdict', 'router', 'ratio to current'],
    style: { head: [], border: [] },
  });
  for (const row of rows)
    table.push([
      plainText(row.id),
      row.state,
      'router' in row ? plainText(row.router ?? '') : '',
      'ratio' in row && row.ratio ? ratioText(row.ratio) : 'why' in row ? plainText(row.why ?? '') : '–',
    ]);
  io.out(`${table.toString()}\n`);
  return EXIT.ok;
}

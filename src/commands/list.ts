// siptune list: the campaigns of a results folder, one line each, also those that did not end well.
import { EXIT, type ExitStatus } from '../errors.ts';
import { type ReportStyle, table } from '../report/layout.ts';
import { METRIC_NAMES, ratioText } from '../report/numbers.ts';
import { plainText } from '../report/plain-text.ts';
import { type Campaign, findCampaigns, readResult } from '../store/result-store.ts';
import type { CommandIo } from './command-io.ts';
import { styleOf } from './report.ts';

export async function list(
  { out, json }: { readonly out: string; readonly json: boolean },
  io: CommandIo,
): Promise<ExitStatus> {
  const rows = await Promise.all((await findCampaigns(out)).map(summaryOf));
  if (json) io.out(`${JSON.stringify(rows, null, 2)}\n`);
  else if (rows.length === 0) io.out(`No campaigns in ${plainText(out)}.\n`);
  else
    io.out(`${table(widthFor(io), ['campaign', 'verdict', 'router', 'against current'], rows.map(rowOf))}
`);
  return EXIT.ok;
}

/** One line a campaign wherever a program may read it: only a terminal has an edge. */
function widthFor(io: CommandIo): ReportStyle {
  const style = styleOf(io);
  return process.stdout.isTTY ? style : { ...style, columns: Number.POSITIVE_INFINITY };
}

type Summary = Awaited<ReturnType<typeof summaryOf>>;

async function summaryOf({ id, dir }: Campaign) {
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
}

function rowOf(row: Summary): readonly string[] {
  if ('why' in row) return [plainText(row.id), row.state, '', plainText(row.why)];
  const ratio = row.metric && row.ratio ? `${METRIC_NAMES[row.metric]} × ${ratioText(row.ratio)}` : '–';
  return [
    plainText(row.id),
    row.restored ? row.state : `${row.state}, NOT restored`,
    plainText(row.router),
    ratio,
  ];
}

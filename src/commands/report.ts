// siptune report: one campaign's result as tables, as JSON, or as a picture.
import { writeFile } from 'node:fs/promises';
import { cannotWrite, EXIT, type ExitStatus } from '../errors.ts';
import type { ReportStyle } from '../report/layout.ts';
import { plainText } from '../report/plain-text.ts';
import { renderReport } from '../report/terminal-report.ts';
import type { CommandIo } from './command-io.ts';
import { readCampaign, readEvents } from './read-campaign.ts';

export interface ReportOptions {
  readonly out: string;
  readonly json: boolean;
  /** Writes the campaign as an SVG picture. */
  readonly figure?: string | undefined;
}

export async function report(
  id: string | undefined,
  options: ReportOptions,
  io: CommandIo,
): Promise<ExitStatus> {
  const { campaign, result } = await readCampaign(options.out, id);
  const { events, problems } = await readEvents(campaign);
  for (const problem of problems) io.err(`note: ${problem}\n`);
  if (options.figure !== undefined) {
    const { renderFigure } = await import('../report/figure.ts');
    const trials = events.flatMap((event) => (event.type === 'trial' ? [event.trial] : []));
    try {
      await writeFile(options.figure, renderFigure(result, trials));
    } catch (error) {
      throw cannotWrite(`the figure ${plainText(options.figure)}`, error);
    }
    io.err(`wrote ${plainText(options.figure)}\n`);
  }
  io.out(options.json ? `${JSON.stringify(result, null, 2)}\n` : renderReport(result, styleOf(io), events));
  return EXIT.ok;
}

/** Colour only where a person reads it, and wants it. */
export function styleOf(io: CommandIo): ReportStyle {
  const color = Boolean(process.stdout.isTTY) && !io.env.NO_COLOR && io.env.TERM !== 'dumb';
  return { color, columns: process.stdout.columns ?? 100 };
}

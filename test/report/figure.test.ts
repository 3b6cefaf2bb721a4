// The picture: an XML file that any browser opens, that runs nothing, and that says in words what it shows.
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import type { CampaignEvent } from '../../src/campaign/events.ts';
import { renderFigure } from '../../src/report/figure.ts';
import { aborted, events, HOSTILE, improved } from '../support/results.ts';

const trials = events.flatMap((event: CampaignEvent) => (event.type === 'trial' ? [event.trial] : []));
const hostile = {
  ...improved,
  scenario: HOSTILE,
  reason: `${HOSTILE} ]]> & \u0000\ufffe\ud800`,
  target: { ...improved.target, router: HOSTILE, routerVersion: '"><script>' },
  contenders: improved.contenders.map((contender) => ({ ...contender, name: `constructor${HOSTILE}` })),
};

const figures = {
  improved: renderFigure(improved, trials),
  hostile: renderFigure(hostile, trials),
  'without trials': renderFigure(improved, []),
  aborted: renderFigure(aborted, []),
};

test.each(Object.entries(figures))(
  '%s: well-formed, and every element is a drawing or a text',
  (_name, svg) => {
    const open: string[] = [];
    // Elements with quoted attributes, text without markup, a style sheet: nothing else is left over.
    const rest = svg.replace(
      /<(\/?)([a-z]+)((?: [\w:-]+="[^"<]*")*) ?(\/?)>|(?:[^<>&]|&(?:amp|lt|gt|quot|#39|#x27);)+|<!\[CDATA\[[^<>]*\]\]>/g,
      (_whole, closes: string, name: string | undefined, _attributes, empty: string) => {
        if (name === undefined) return '';
        if (closes) expect(open.pop()).toBe(name);
        else if (!empty) open.push(name);
        expect(['svg', 'title', 'desc', 'g', 'path', 'rect', 'text', 'style', 'defs', 'clipPath']).toContain(
          name,
        );
        return '';
      },
    );
    expect(rest).toBe('');
    expect(open).toEqual([]);
    expect(svg).not.toMatch(/[\p{Cs}\ufffe\uffff]|(?![\n])\p{Cc}/u);
    expect(svg).not.toMatch(/ on[a-z]+=|href=/);
  },
);

test.skipIf(spawnSync('xmllint', ['--version']).error !== undefined)('xmllint agrees', () => {
  for (const svg of Object.values(figures))
    execFileSync('xmllint', ['--nonet', '--noout', '-'], { input: svg });
});

test('it has a role, a title and a description with the verdict and the numbers', () => {
  expect(figures.improved).toMatch(/^<svg role="img" aria-labelledby="siptune-title siptune-desc" /);
  expect(figures.improved).toContain(
    '<title id="siptune-title">kamailio 5.6.3, lab-kamailio: improved</title>',
  );
  const description = /<desc id="siptune-desc">(.*?)<\/desc>/.exec(figures.improved)?.[1];
  expect(description).toMatch(/^Improved: the burst is .* times today's/);
  expect(description).toMatch(/current: burst \d.* calls at once, capacity \d.* calls\/s\./);
  expect(description).toContain('winner: burst');
});

test('every trial that was carried or too much has its dot', () => {
  const dots = trials.filter(({ verdict }) => verdict.state === 'carried' || verdict.state === 'overloaded');
  const marks = (svg: string) => svg.match(/<path /g)?.length ?? 0;
  expect(marks(figures.improved) - marks(figures['without trials'])).toBeGreaterThanOrEqual(dots.length);
});

test('a limit that was not met is said, and leaves room for the bars of the others', () => {
  const open = { estimate: 138, low: 137, high: 100_000 };
  const contenders = improved.contenders.map((contender) => ({ ...contender, burstCalls: open }));
  const svg = renderFigure({ ...improved, contenders }, []);
  expect(svg).toContain('at least 138');
  expect(svg).not.toContain('100,000');
});

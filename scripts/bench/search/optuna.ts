// Optuna's TPE on the same ground, through the same search: a small Python program is asked and told, one line of JSON each.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Campaign } from '../../../src/campaign/campaign.ts';
import type { Proposer } from '../../../src/campaign/search-candidates.ts';
import type { Configuration } from '../../../src/knobs/knob.ts';

export interface Optuna {
  propose(campaign: Campaign, seed: number): Proposer;
}

const BRIDGE = fileURLToPath(new URL('./optuna_bridge.py', import.meta.url));
/** Drafts that no repair makes consistent, in a row. */
const MOST_REFUSED = 50;

/** The version of Optuna that this Python has, or null. */
export function optunaVersion(python: string): string | null {
  const { status, stdout } = spawnSync(python, ['-c', 'import optuna; print(optuna.__version__)'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : null;
}

export function startOptuna(python: string): Optuna {
  const child: ChildProcess = spawn(python, [BRIDGE], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]();
  // It ends when its input does.
  child.unref();
  const say = (message: object) => child.stdin?.write(`${JSON.stringify(message)}\n`);
  const hear = async (): Promise<{ readonly configuration: Configuration }> => {
    const { value, done } = await lines.next();
    if (done) throw new Error('the program with Optuna ended');
    return JSON.parse(value);
  };
  return {
    propose({ prepared, repair }, seed) {
      say({
        begin: prepared.inPlay.map(({ knob, min, max, choices }) => ({
          ...{ name: knob.name, min, max, choices: choices ?? null },
          log: knob.search.scale === 'log' && min > 0,
        })),
        seed,
      });
      let asked: string | null = null;
      return {
        async ask() {
          for (let n = 0; n < MOST_REFUSED; n += 1) {
            say({ ask: true });
            const { configuration: draft } = await hear();
            const configuration = repair(draft);
            if (configuration !== null) {
              asked = JSON.stringify(configuration);
              return { configuration, from: 'Optuna' };
            }
            say({ refused: true });
          }
          return null;
        },
        tell({ configuration, score }) {
          const own = asked === JSON.stringify(configuration);
          say({ tell: Number.isFinite(score) ? score : 0, ...(own ? {} : { configuration }) });
          if (own) asked = null;
        },
      };
    },
  };
}

// Starts that overlap: one lift of the ceilings for all of them, and nobody waits for one who will not come.
import { expect, test } from 'vitest';
import { createStartingLine, shareHeadroom } from '../../src/load/start-together.ts';

const turn = () => new Promise((resolve) => setTimeout(resolve, 1));

function headroom() {
  const log: string[] = [];
  const shared = shareHeadroom(async (start) => {
    log.push('lift');
    try {
      return await start();
    } finally {
      log.push('lower');
    }
  });
  return { log, shared };
}

test('starts that overlap share one lift, which lasts until the last of them is done', async () => {
  const { log, shared } = headroom();
  const start = (name: string, turns: number) =>
    shared(async () => {
      for (let n = 0; n < turns; n += 1) await turn();
      log.push(name);
      return name;
    });
  expect(await Promise.all([start('a', 1), start('b', 5), start('c', 3)])).toEqual(['a', 'b', 'c']);
  expect(log).toEqual(['lift', 'a', 'c', 'b', 'lower']);
  await start('d', 1);
  expect(log.slice(-3)).toEqual(['lift', 'd', 'lower']);
});

test('a start that fails lowers the ceilings all the same, and a lift that fails is told to everybody', async () => {
  const { log, shared } = headroom();
  await expect(shared(() => Promise.reject(new Error('no socket')))).rejects.toThrow('no socket');
  expect(log).toEqual(['lift', 'lower']);
  const refused = shareHeadroom(() => Promise.reject(new Error('read-only')));
  const both = await Promise.allSettled([refused(turn), refused(turn)]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});

test('the starting line opens once everybody has come or left', async () => {
  const line = createStartingLine(3);
  let begun = 0;
  const runners = [line.ready(), line.ready()].map((ready) =>
    ready.then(() => {
      begun += 1;
    }),
  );
  await turn();
  expect(begun).toBe(0);
  line.leave();
  await Promise.all(runners);
  expect(begun).toBe(2);
});

// Nothing ends a command before it has put everything back: not signals, not a closed pipe, not a bug in a callback.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('slow-command.ts', import.meta.url));

interface Started {
  readonly child: ChildProcess;
  readonly saw: (text: string) => Promise<void>;
  readonly ended: Promise<{ status: number | null; signal: string | null; stdout: string; stderr: string }>;
}

function start(kind: string): Started {
  // No launcher in between: signals must reach the program itself.
  const child = spawn(process.execPath, ['--import', 'tsx', program, kind], { stdio: 'pipe' });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([status, signal]) => ({ status, signal, stdout, stderr }));
  const saw = async (text: string): Promise<void> => {
    while (!`${stdout}${stderr}`.includes(text)) {
      if (child.exitCode !== null) throw new Error(`ended without "${text}": ${stdout}${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  return { child, saw, ended };
}

describe('signals', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s stops the command, which restores first',
    async (name) => {
      const { child, saw, ended } = start('tuner');
      await saw('ready');
      child.kill(name);
      expect(await ended).toEqual({
        status: 130,
        signal: null,
        stdout: 'ready\nrestored\n',
        stderr: `siptune: ${name} received: stopping, and putting everything back\n`,
      });
    },
  );

  it('a second and a third are answered, and cut nothing short', async () => {
    const { child, saw, ended } = start('tuner');
    await saw('ready');
    child.kill('SIGINT');
    await saw('stopping');
    child.kill('SIGINT');
    await saw('still putting everything back');
    child.kill('SIGTERM');
    const { status, stdout } = await ended;
    expect({ status, stdout }).toEqual({ status: 130, stdout: 'ready\nrestored\n' });
  });

  it('a command that only reads just ends', async () => {
    const { child, saw, ended } = start('reader');
    await saw('ready');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ signal: 'SIGINT', stdout: 'ready\n' });
  });
});

describe('errors', () => {
  it('what the user can mend is one message, with its own status', async () => {
    expect(await start('user-error').ended).toEqual({
      status: 3,
      signal: null,
      stdout: '',
      stderr: 'the port 5060 is in use: stop the other router\n',
    });
  });

  it('a bug is called one, with its stack', async () => {
    const { status, stderr } = await start('bug').ended;
    expect(status).toBe(70);
    expect(stderr).toMatch(/^siptune has a bug: TypeError: x is not a function\n +at /);
  });

  it('a bug in a callback is told, and the command still restores', async () => {
    const { status, stdout, stderr } = await start('late-bug').ended;
    expect({ status, stdout }).toEqual({ status: 70, stdout: 'ready\nrestored\n' });
    expect(stderr).toContain('siptune has a bug: TypeError: in a callback');
  });

  it('a command that waits for nothing does not count as a success', async () => {
    const { status, stderr } = await start('dries-up').ended;
    expect(status).toBe(70);
    expect(stderr).toContain('it ended before its work was done');
  });
});

describe('a reader that goes away', () => {
  it('of much data: quiet, and no error', async () => {
    const { child, ended } = start('talker');
    child.stdout?.once('data', () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ status: 0, stderr: '' });
  });

  it('of answers to questions that never end: the command ends as well', async () => {
    const { child, saw, ended } = start('endless');
    await saw('ready');
    child.stdout?.destroy();
    expect(await ended).toMatchObject({ status: 0, signal: null, stderr: '' });
  });

  it('while the machine is being changed: the command restores all the same', async () => {
    const { child, saw, ended } = start('tuner');
    await saw('ready');
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.kill('SIGHUP');
    expect(await ended).toMatchObject({ status: 130 });
  });

  it('all data arrives where nobody goes away', async () => {
    const { status, stdout } = await start('talker').ended;
    expect(status).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(20_000);
  });
});

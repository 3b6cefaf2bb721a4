#!/usr/bin/env node
// The entry: arguments in, exit status out.
import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import { createProgram } from './commands/program.ts';
import { EXIT, type ExitStatus } from './errors.ts';
import { explain, finish, io, perform, prepareProcess } from './process.ts';

prepareProcess();
await finish(await main());

async function main(): Promise<ExitStatus> {
  let status: ExitStatus = EXIT.ok;
  const program = createProgram(version(), { writeOut: io.out, writeErr: io.err }, async (invocation) => {
    status = await perform(invocation);
  });
  try {
    await program.parseAsync(process.argv);
    return status;
  } catch (error) {
    if (!(error instanceof CommanderError)) return explain(error);
    // Help and version end this way as well; everything else is wrong usage, already explained on stderr.
    return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
}

function version(): string {
  const { version: text }: { version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  return text;
}

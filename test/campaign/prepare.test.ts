// What is refused before anything is measured.
import { expect, test } from 'vitest';
import { requireOptimised } from '../../src/campaign/prepare.ts';
import { UserError } from '../../src/errors.ts';
import { parseOpensipsVersion } from '../../src/routers/opensips-facts.ts';
import { fixture } from '../support/fixture.ts';

test('a router that was compiled without optimisation is refused by name', () => {
  const release = fixture('routers/opensips-V.txt');
  expect(() => requireOptimised(parseOpensipsVersion(release, '/usr/sbin/opensips'))).not.toThrow();
  const master = release.replace(/^flags: /m, 'flags: CC_O0, ');
  const facts = parseOpensipsVersion(master, '/opt/opensips/sbin/opensips');
  expect(() => requireOptimised(facts)).toThrow(UserError);
  expect(() => requireOptimised(facts)).toThrow(
    /\/opt\/opensips\/sbin\/opensips.*without optimisation.*Use a release/,
  );
});

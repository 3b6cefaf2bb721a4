// What ethtool prints of links and rings, in the forms of two of its versions.
import { expect, test } from 'vitest';
import { parseEthtoolJson, parseEthtoolText, parseRings } from '../../src/doctor/ethtool.ts';
import { fixture } from '../support/fixture.ts';

test('JSON of the link', () => {
  const json = fixture('doctor/ethtool-6.11.composed.json');
  expect(parseEthtoolJson(json)).toEqual({ speedMbps: 1000, duplex: 'full', autoneg: true });
  const down = json.replace(/^\s*"(speed|duplex)":.*\n/gm, '');
  expect(parseEthtoolJson(down)).toEqual({ speedMbps: null, duplex: null, autoneg: true });
  expect(parseEthtoolJson(json.replace('"speed": 1000', '"speed": 4294967295'))?.speedMbps).toBeNull();
});

test.each(['', '[ ]', '[]', '{', 'ethtool: bad command line argument(s)', 'null', '[null]'])(
  'no JSON of a link: %j',
  (text) => expect(parseEthtoolJson(text)).toBeNull(),
);

test('text of the link', () => {
  expect(parseEthtoolText(fixture('doctor/ethtool-6.1-virtio.txt'))).toEqual({
    speedMbps: null,
    duplex: null,
    autoneg: null,
  });
  expect(parseEthtoolText(fixture('doctor/ethtool-6.1-half-duplex.composed.txt'))).toEqual({
    speedMbps: 100,
    duplex: 'half',
    autoneg: false,
  });
  expect(parseEthtoolText('Cannot get device settings: No such device')).toBeNull();
});

test('rings', () => {
  expect(parseRings(fixture('doctor/ethtool-6.1-rings.txt'))).toEqual({
    rx: 256,
    rxMax: 256,
    tx: 256,
    txMax: 256,
  });
  expect(parseRings('netlink error: Operation not supported')).toBeNull();
});

// What the kernel and ss say of a socket, as recorded on Linux 6.18 with iproute2 6.1.
import { expect, test } from 'vitest';
import { parseProcNetTcp, parseProcNetUdp, parseSocketMemory } from '../../src/load/sipp-sockets.ts';

const PROC = `   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 1470: 010212C6:13CE 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 154033 2 0000000000000000 37
 4288: 0100007F:22B8 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 154036 2 0000000000000000 0
`;

const SS = `UNCONN 0      0         198.18.2.1:5070      0.0.0.0:*
	 skmem:(r0,rb8388608,t0,tb4194304,f0,w0,o0,bl0,d0)
UNCONN 0      0      198.18.2.1:6000 0.0.0.0:* skmem:(r0,rb212992,t0,tb212992,f0,w0,o0,bl0,d0)
`;

test('drops of each socket by its address and port', () => {
  expect(parseProcNetUdp(PROC)).toEqual([
    { local: '198.18.2.1:5070', drops: 37 },
    { local: '127.0.0.1:8888', drops: 0 },
  ]);
});

const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 010112C6:13C5 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 154040 1 0000000000000000 100 0 0 10 0
   1: 010112C6:13C5 010012C6:13C4 01 00000000:00000000 00:00000000 00000000     0        0 154041 1 0000000000000000 20 4 30 10 -1
`;

test('over TCP a side is there once it listens; its connections are not it', () => {
  expect(parseProcNetTcp(TCP)).toEqual([{ local: '198.18.1.1:5061', drops: 0 }]);
});

test('buffers of one socket, on one line or two', () => {
  expect(parseSocketMemory(SS, '198.18.2.1:5070')).toEqual({
    rcvbufBytes: 8_388_608,
    sndbufBytes: 4_194_304,
  });
  expect(parseSocketMemory(SS, '198.18.2.1:6000')).toEqual({ rcvbufBytes: 212_992, sndbufBytes: 212_992 });
  expect(parseSocketMemory(SS, '198.18.2.1:507')).toBeNull();
});

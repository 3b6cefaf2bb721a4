// ethtool(8): speed, duplex and negotiation of a link, and the sizes of its rings.

export interface Link {
  readonly speedMbps: number | null;
  readonly duplex: 'half' | 'full' | null;
  /** null also for a device that has nothing to negotiate. */
  readonly autoneg: boolean | null;
}

export interface Rings {
  readonly rx: number;
  readonly rxMax: number;
  readonly tx: number;
  readonly txMax: number;
}

/** What is not known is absent, or a number that means unknown (-1, 65535 and 2³²−1). */
const UNKNOWN_SPEEDS = new Set([-1, 0, 65_535, 2 ** 32 - 1]);

/** `ethtool --json DEVICE`; null when it is none. */
export function parseEthtoolJson(text: string): Link | null {
  try {
    const rows: unknown = JSON.parse(text);
    const row = Array.isArray(rows) ? rows[0] : null;
    if (typeof row !== 'object' || row === null || !('ifname' in row)) return null;
    const fields = row as Record<string, unknown>;
    const { speed, duplex, 'auto-negotiation': autoneg } = fields;
    return {
      speedMbps: typeof speed === 'number' && !UNKNOWN_SPEEDS.has(speed) ? speed : null,
      duplex: duplexOf(String(duplex ?? '')),
      autoneg: typeof autoneg === 'boolean' && fields['supports-auto-negotiation'] !== false ? autoneg : null,
    };
  } catch {
    return null;
  }
}

/** `ethtool DEVICE`, as text. */
export function parseEthtoolText(text: string): Link | null {
  if (!/^Settings for /m.test(text)) return null;
  const field = (name: string) => new RegExp(`^\\s*${name}:\\s*(.+)$`, 'm').exec(text)?.[1]?.trim();
  const speed = /^(\d+)Mb\/s$/.exec(field('Speed') ?? '')?.[1];
  const autoneg = field('Auto-negotiation');
  return {
    speedMbps: speed === undefined ? null : Number(speed),
    duplex: duplexOf(field('Duplex') ?? ''),
    autoneg: autoneg === undefined || field('Supports auto-negotiation') === 'No' ? null : autoneg === 'on',
  };
}

/** `ethtool -g DEVICE`: maxima first, then what is set. */
export function parseRings(text: string): Rings | null {
  const [, maxima = '', current = ''] = text.split(/Pre-set maximums:|Current hardware settings:/);
  const size = (part: string, name: string) =>
    Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(part)?.[1] ?? Number.NaN);
  const rings = {
    rx: size(current, 'RX'),
    rxMax: size(maxima, 'RX'),
    tx: size(current, 'TX'),
    txMax: size(maxima, 'TX'),
  };
  return Object.values(rings).every(Number.isFinite) ? rings : null;
}

function duplexOf(text: string): Link['duplex'] {
  return /^half/i.test(text) ? 'half' : /^full/i.test(text) ? 'full' : null;
}

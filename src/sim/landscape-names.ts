// The names of the landscapes, for those who only have to know what may be asked for.

export const LANDSCAPE_NAMES = ['null', 'article', 'coupled', 'cliff', 'wide'] as const;
/** With more, no trial tells anything. */
export const MOST_NOISE_PCT = 50;
export const USUAL_NOISE_PCT = 5;

export type LandscapeName = (typeof LANDSCAPE_NAMES)[number];

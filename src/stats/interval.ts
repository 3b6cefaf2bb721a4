// An estimate with the bounds that the evidence supports.

export interface Interval {
  readonly estimate: number;
  readonly low: number;
  readonly high: number;
}

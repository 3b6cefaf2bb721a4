// What siptune tells the phone's process, and what it says of each call.

export interface PhoneOrders {
  readonly bindAddress: string;
  readonly bindPort: number;
  readonly routerAddress: string;
  readonly routerPort: number;
  readonly calleeUri: string;
  readonly rateCps: number;
  readonly holdMs: number;
}

export type PhoneOutcome =
  | { readonly state: 'completed'; readonly setupMs: number }
  | { readonly state: 'failed'; readonly reason: string };

/** `atMs` is on the child's own monotonic clock. */
export type PhoneCall = { readonly atMs: number } & PhoneOutcome;

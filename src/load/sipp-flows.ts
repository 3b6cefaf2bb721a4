// The flows that SIPp plays, by file, and how many messages each takes.
import { fileURLToPath } from 'node:url';
import type { FlowName } from '../scenario/scenario.ts';

export type FlowPath = (name: FlowName | 'answer') => string;

/** Where it is here. */
export function flowFile(name: FlowName | 'answer'): string {
  return fileURLToPath(new URL(`../../scenarios/flows/${name}.xml`, import.meta.url));
}

/** What a call without loss sends to the router: requests of the caller, replies of the callee. */
export const MESSAGES_PER_CALL: Readonly<
  Record<FlowName, { readonly requests: number; readonly replies: number }>
> = {
  // INVITE, ACK, BYE; 180, 200, 200.
  invite: { requests: 3, replies: 3 },
  options: { requests: 1, replies: 1 },
  // The router answers it itself.
  register: { requests: 1, replies: 0 },
};

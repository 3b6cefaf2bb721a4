// The lab on paper: caller – router – callee, in the address range that is set aside for benchmarks (RFC 2544).

/** The port of the sipjs-udp phone, which calls from the caller's namespace. */
export const PHONE_PORT = 5090;

export const LAB = {
  callerNetns: 'siptune-caller',
  routerNetns: 'siptune-router',
  calleeNetns: 'siptune-callee',

  /** The router's SIP address stands on its loopback, so that one address serves both sides. */
  routerAddress: '198.18.0.1',
  callerAddress: '198.18.1.1',
  routerCallerSideAddress: '198.18.1.2',
  calleeAddress: '198.18.2.1',
  routerCalleeSideAddress: '198.18.2.2',
  prefixLength: 24,

  routerPort: 5060,
  callerPort: 5061,
  calleePort: 5070,
  phonePort: PHONE_PORT,

  /** Device names, inside their namespaces. */
  routerToCaller: 'to-caller',
  routerToCallee: 'to-callee',
  toRouter: 'to-router',
} as const;

export const LAB_NAMESPACES = [LAB.callerNetns, LAB.routerNetns, LAB.calleeNetns] as const;

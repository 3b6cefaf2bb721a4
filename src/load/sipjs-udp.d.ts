// The part of sipjs-udp 0.0.16 that the phone uses; the package brings no types.
declare module 'sipjs-udp' {
  import type { Socket } from 'node:dgram';

  export interface MediaHandler {
    isReady(): boolean;
    close(): void;
    render(): void;
    mute(): undefined;
    unmute(): undefined;
    getDescription(): Promise<string>;
    setDescription(description: string): Promise<void>;
  }

  export interface Session {
    readonly request: { readonly call_id: string };
    on(event: 'accepted', listener: () => void): Session;
    on(
      event: 'failed' | 'rejected',
      listener: (response: { status_code?: number } | null, cause: string) => void,
    ): Session;
    bye(): void;
    cancel(): void;
  }

  export interface Transport {
    readonly server: Socket;
    send(host: string, port: number, message: { toString(): string }): boolean;
    onMessage(event: { data: Uint8Array }): void;
  }

  export class UA {
    constructor(configuration: Readonly<Record<string, unknown>>);
    readonly transport: Transport;
    once(event: 'connected', listener: () => void): void;
    invite(target: string, options: { readonly extraHeaders: readonly string[] }): Session;
  }

  const SIP: { readonly UA: typeof UA };
  export default SIP;
}

import { isIPv4 } from 'node:net';
import { UklError, runErrors } from '../errors/index.js';

/** One port of the host that leads to one of the guest. */
export interface PortForward {
  readonly protocol: 'tcp' | 'udp';
  /** IPv4 address of the host to listen on. */
  readonly hostAddress: string;
  /** 1 to 65535. */
  readonly hostPort: number;
  /** 1 to 65535. */
  readonly guestPort: number;
}

function portNumber(text: string, whole: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port < 1 || port > 65535)
    throw new UklError(runErrors.badPort(whole, `'${text}' is no port number (1 to 65535)`));
  return port;
}

/**
 * Reads `[HOST_ADDRESS:]HOST_PORT:GUEST_PORT[/tcp|/udp]`, or one port for both sides. Without an address the
 * host listens on 127.0.0.1 only: a program under development is nobody else's business.
 *
 * @throws UklError UKL5004
 */
export function parsePort(text: string): PortForward {
  const [ports = '', protocol = 'tcp', ...rest] = text.split('/');
  if ((protocol !== 'tcp' && protocol !== 'udp') || rest.length > 0)
    throw new UklError(runErrors.badPort(text, 'the protocol is tcp or udp'));
  const parts = ports.split(':');
  if (parts.length > 3) throw new UklError(runErrors.badPort(text, 'too many colons'));
  const guest = parts.at(-1) ?? '';
  const host = parts.length === 1 ? guest : (parts.at(-2) ?? '');
  const hostAddress = parts.length === 3 ? (parts[0] ?? '') : '127.0.0.1';
  if (!isIPv4(hostAddress))
    throw new UklError(runErrors.badPort(text, `'${hostAddress}' is not an IPv4 address of this host`));
  return {
    protocol,
    hostAddress,
    hostPort: portNumber(host, text),
    guestPort: portNumber(guest, text),
  };
}

/** The rule as QEMU's `-netdev user` writes it. */
export function hostForwardRule(port: PortForward): string {
  return `${port.protocol}:${port.hostAddress}:${port.hostPort}-:${port.guestPort}`;
}

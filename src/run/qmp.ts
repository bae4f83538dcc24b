import type { Duplex } from 'node:stream';

/**
 * Why a machine stopped, as QEMU's SHUTDOWN event names it (qapi/run-state.json, ShutdownCause): `guest-shutdown` is
 * ACPI's power-off; `guest-reset` a reset by the guest, or a triple fault.
 */
export type ShutdownReason = string;

/** The few words of QEMU's machine protocol (QMP) that a run needs. */
export class Qmp {
  #socket: Duplex;
  #text = '';
  #shutdown: ShutdownReason | undefined;
  #onReady: (() => void) | undefined;

  /**
   * @param socket - Connected to a QEMU that starts paused, or will be.
   * @param onReady - QEMU has set everything up: it answers commands only then.
   */
  constructor(socket: Duplex, onReady?: () => void) {
    this.#socket = socket;
    this.#onReady = onReady;
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      this.#take(text);
    });
    // QEMU's end closes the socket under what is written to it; the end itself is seen by whoever waits for QEMU.
    socket.on('error', () => socket.destroy());
    this.#send('qmp_capabilities');
  }

  #send(command: string): void {
    if (this.#socket.writable) this.#socket.write(`${JSON.stringify({ execute: command })}\n`);
  }

  #take(text: string): void {
    const lines = (this.#text + text).split('\n');
    this.#text = lines.pop() ?? '';
    for (const line of lines.filter((l) => l.trim() !== '')) {
      const message = JSON.parse(line) as { event?: string; data?: { reason?: string }; return?: object };
      if (message.return !== undefined) {
        this.#onReady?.();
        this.#onReady = undefined;
      }
      if (message.event === 'SHUTDOWN') this.#shutdown ??= message.data?.reason;
    }
  }

  /** Lets the paused machine run. */
  start(): void {
    this.#send('cont');
  }

  /** Ends QEMU. */
  quit(): void {
    this.#send('quit');
  }

  /** Undefined as long as the machine runs. */
  get shutdown(): ShutdownReason | undefined {
    return this.#shutdown;
  }
}

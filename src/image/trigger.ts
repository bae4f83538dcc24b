import { ELF_HEADER_SIZE, EM, ET } from '../elf/index.js';

/** First bytes of a trigger: e_ident of an ELF file for 64 bit, with `UKL` and the trigger's version in its padding (fs/binfmt_ukl.c). */
const IDENT = '\x7fELF\x02\x01\x01\0\0UKL\x01\0\0\0';

/**
 * A file whose exec starts the program in the slot (docs/architecture.md, "Words"): an ELF header and nothing behind it. Tools look into
 * /proc/PID/exe for the kind of machine a process is made for; gdbserver takes anything but ELF for 32 bit.
 */
export const trigger: Uint8Array = makeTrigger();

function makeTrigger(): Uint8Array {
  const header = Buffer.alloc(ELF_HEADER_SIZE);
  header.write(IDENT, 'latin1');
  header.writeUInt16LE(ET.EXEC, 16);
  header.writeUInt16LE(EM.X86_64, 18);
  header.writeUInt32LE(1, 20); // e_version
  header.writeUInt16LE(ELF_HEADER_SIZE, 52); // e_ehsize
  return header;
}

/** Whether a file that begins so is a trigger. */
export function isTrigger(bytes: Buffer): boolean {
  return bytes.toString('latin1', 0, IDENT.length) === IDENT;
}

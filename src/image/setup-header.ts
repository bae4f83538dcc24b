/**
 * Fields of the x86 boot protocol's setup header (Documentation/x86/boot.rst, struct setup_header), by their offset
 * in a bzImage.
 */
export const SETUP_HEADER = {
  /** u8: size of the real-mode part in 512-byte sectors, less one; 0 means 4. */
  setup_sects: 0x1f1,
  /** u16: 0xaa55. */
  boot_flag: 0x1fe,
  /** u32: `HdrS`. */
  header: 0x202,
  /** u16: protocol version. */
  version: 0x206,
  /** u16: offset of the release string, less 0x200. */
  kernel_version: 0x20e,
  /** u32: alignment of the protected-mode part, in bytes. */
  kernel_alignment: 0x230,
  /** u8: not 0 when the kernel may be loaded anywhere. */
  relocatable_kernel: 0x234,
  /** u16, since protocol 2.12: bit 0, XLF_KERNEL_64; bit 1, XLF_CAN_BE_LOADED_ABOVE_4G. */
  xloadflags: 0x236,
  /** u32: longest command line, without its NUL. */
  cmdline_size: 0x238,
  /** u32: offset of the payload in the protected-mode part. */
  payload_offset: 0x248,
  /** u32: bytes of the payload. */
  payload_length: 0x24c,
  /** u64: preferred load address. */
  pref_address: 0x258,
  /** u32: bytes of memory the kernel needs from its load address until it can read the memory map. */
  init_size: 0x260,
} as const;

const HDRS = 0x53726448;
const BOOT_FLAG = 0xaa55;
const SECTOR = 512;
/** `payload_offset` exists since this protocol version. */
const FIRST_WITH_PAYLOAD = 0x208;
const FIRST_WITH_XLOADFLAGS = 0x20c;

/** What the setup header says. Sizes in bytes. */
export interface SetupHeader {
  /** Protocol version, 0x020f for 2.15. */
  readonly protocol: number;
  /** Release string, such as `6.1.0-ukl (root@host) #1 SMP …`. */
  readonly kernelVersion: string;
  /** Size of the real-mode part: the protected-mode part starts here. */
  readonly setupSize: number;
  readonly initSize: number;
  /** Offset of the payload in the file. */
  readonly payloadAt: number;
  readonly payloadSize: number;
  readonly prefAddress: number;
  readonly relocatable: boolean;
  /** Can be entered in 64-bit mode. */
  readonly entry64: boolean;
  /** May lie above 4 GiB, together with what the boot loader hands over. */
  readonly above4G: boolean;
  /** Is a PE file as well, which EFI firmware starts. */
  readonly efiStub: boolean;
  readonly alignment: number;
  readonly cmdlineSize: number;
}

/**
 * Reads the setup header of a bzImage.
 *
 * @throws Error with the reason when `image` is no bzImage or is cut short
 */
export function readSetupHeader(image: Uint8Array): SetupHeader {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (image.length < 0x268) throw new Error('too short for a bzImage');
  if (
    view.getUint16(SETUP_HEADER.boot_flag, true) !== BOOT_FLAG ||
    view.getUint32(SETUP_HEADER.header, true) !== HDRS
  )
    throw new Error('no setup header');
  const protocol = view.getUint16(SETUP_HEADER.version, true);
  if (protocol < FIRST_WITH_PAYLOAD) throw new Error('boot protocol older than 2.08');
  const setupSize = ((image[SETUP_HEADER.setup_sects]! || 4) + 1) * SECTOR;
  const payloadAt = setupSize + view.getUint32(SETUP_HEADER.payload_offset, true);
  const payloadSize = view.getUint32(SETUP_HEADER.payload_length, true);
  if (payloadAt + payloadSize > image.length) throw new Error('cut short: the payload is not whole');
  // A field that a protocol version does not know is 0: the setup code's own bytes stand in its place.
  const xloadflags = protocol < FIRST_WITH_XLOADFLAGS ? 0 : view.getUint16(SETUP_HEADER.xloadflags, true);
  const versionAt = view.getUint16(SETUP_HEADER.kernel_version, true) + 0x200;
  const versionEnd = image.indexOf(0, versionAt);
  return {
    protocol,
    kernelVersion:
      versionAt === 0x200 || versionEnd < 0
        ? ''
        : new TextDecoder('latin1').decode(image.subarray(versionAt, versionEnd)),
    setupSize,
    initSize: view.getUint32(SETUP_HEADER.init_size, true),
    payloadAt,
    payloadSize,
    prefAddress: Number(view.getBigUint64(SETUP_HEADER.pref_address, true)),
    relocatable: image[SETUP_HEADER.relocatable_kernel] !== 0,
    entry64: (xloadflags & 1) !== 0,
    above4G: (xloadflags & 2) !== 0,
    efiStub: image[0] === 0x4d && image[1] === 0x5a,
    alignment: view.getUint32(SETUP_HEADER.kernel_alignment, true),
    cmdlineSize: view.getUint32(SETUP_HEADER.cmdline_size, true),
  };
}

/**
 * The boot stub of the kernel, as a model written from its source: what unlz4() (lib/decompress_unlz4.c), parse_elf() and
 * handle_relocations() (arch/x86/boot/compressed/misc.c) do to memory, in the same order and in one buffer, so that a move
 * that destroys something destroys it here as well. It shares no code with src/image.
 */
import { execFileSync } from 'node:child_process';

/** LZ4_decompress_fast(): one block of known uncompressed size. Returns the bytes of input it took. */
function unlz4Block(input: Buffer, at: number, output: Buffer, from: number, size: number): number {
  let ip = at;
  let op = from;
  const end = from + size;
  const length = (nibble: number): number => {
    let total = nibble;
    if (nibble === 15) {
      let byte: number;
      do {
        byte = input.readUInt8(ip++);
        total += byte;
      } while (byte === 255);
    }
    return total;
  };
  for (;;) {
    const token = input.readUInt8(ip++);
    const literals = length(token >> 4);
    if (op + literals > end) throw new Error('literals beyond the end of the block');
    input.copy(output, op, ip, ip + literals);
    ip += literals;
    op += literals;
    if (op === end) return ip - at;
    const distance = input.readUInt16LE(ip);
    ip += 2;
    if (distance === 0 || op - distance < from) throw new Error('match in front of the block');
    const match = length(token & 15) + 4;
    if (op + match > end - 5) throw new Error('a block must end with five literals');
    for (let i = 0; i < match; i++, op++) output[op] = output[op - distance]!;
  }
}

/** unlz4() with PREBOOT defined: `payload` without the size that ends it. */
function unlz4(payload: Buffer, output: Buffer, outputSize: number): void {
  const chunk = 8 << 20;
  if (payload.readUInt32LE(0) !== 0x184c2102) throw new Error('invalid header');
  let at = 4;
  let done = 0;
  while (payload.length - at >= 4) {
    const length = payload.readUInt32LE(at);
    if (length === 0) break;
    at += 4;
    const size = Math.min(chunk, outputSize - done);
    if (unlz4Block(payload, at, output, done, size) !== length) throw new Error('data corrupted');
    done += size;
    at += length;
  }
  if (done !== outputSize) throw new Error(`unpacked ${done} of ${outputSize} bytes`);
}

/** zstd_find_frame_compressed_size(): what decompress_single() (lib/decompress_unzstd.c) takes of its input. */
function zstdFrameSize(payload: Buffer): number {
  const descriptor = payload.readUInt8(4);
  if (descriptor !== 0x80) throw new Error('not the frame header that images have');
  let at = 4 + 1 + 1 + 4;
  for (;;) {
    const header = payload.readUIntLE(at, 3);
    at += 3 + ((header & 6) === 2 ? 1 : header >> 3);
    if (header & 1) return at;
  }
}

/** __decompress() of the stub that the payload is for; gzip and zstd by their own tools. */
function decompress(payload: Buffer, output: Buffer, outputSize: number): void {
  const magic = payload.readUInt32LE(0);
  if (magic === 0x184c2102) {
    unlz4(payload.subarray(0, -4), output, outputSize);
    return;
  }
  const [tool, input] =
    magic === 0xfd2fb528
      ? ['zstd', payload.subarray(0, zstdFrameSize(payload))]
      : ['gzip', payload.subarray(0, -4)];
  const data = execFileSync(tool, ['-d', '-q', '-c', '-'], { input, maxBuffer: outputSize + 1 });
  if (data.length !== outputSize) throw new Error(`unpacked ${data.length} of ${outputSize} bytes`);
  data.copy(output);
}

/** One PT_LOAD as parse_elf() moves it. */
export interface ModelMove {
  readonly from: number;
  readonly to: number;
  readonly size: number;
}

/** What the boot stub leaves behind. */
export interface BootedKernel {
  /** Memory from the address the kernel is put to. What nothing was moved to holds remains of the payload. */
  readonly memory: Buffer;
  readonly moves: readonly ModelMove[];
  readonly entry: bigint;
}

/** parse_elf() */
function parseElf(memory: Buffer, loadPhysicalAddr: number): { moves: ModelMove[]; entry: bigint } {
  if (memory.toString('latin1', 0, 4) !== '\x7fELF') throw new Error('Kernel is not a valid ELF file');
  const entry = memory.readBigUInt64LE(24);
  const phoff = Number(memory.readBigUInt64LE(32));
  const phnum = memory.readUInt16LE(56);
  const headers = Buffer.from(memory.subarray(phoff, phoff + phnum * 56));
  const moves: ModelMove[] = [];
  for (let i = 0; i < phnum; i++) {
    const header = headers.subarray(i * 56, i * 56 + 56);
    if (header.readUInt32LE(0) !== 1) continue;
    if (Number(header.readBigUInt64LE(48)) % 0x200000 !== 0)
      throw new Error("Alignment of LOAD segment isn't multiple of 2MB");
    const from = Number(header.readBigUInt64LE(8));
    const to = Number(header.readBigUInt64LE(24)) - loadPhysicalAddr;
    const size = Number(header.readBigUInt64LE(32));
    if (to < 0 || to + size > memory.length) throw new Error('segment outside of memory');
    memory.copy(memory, to, from, from + size); // memmove(): Buffer.copy takes overlap
    moves.push({ from, to, size });
  }
  return { moves, entry };
}

/** handle_relocations(), for a kernel that KASLR moves by `delta`; `kernelSize` is VO__end - VO__text. */
function handleRelocations(
  memory: Buffer,
  outputSize: number,
  kernelSize: number,
  delta: bigint,
  textVaddr: bigint,
): void {
  const place = (at: number): number => {
    const offset = BigInt.asIntN(64, BigInt(memory.readInt32LE(at)) - BigInt.asIntN(64, textVaddr));
    if (offset < 0n || offset > BigInt(kernelSize)) throw new Error('relocation outside of kernel!');
    return Number(offset);
  };
  let at = outputSize - 4;
  for (; memory.readInt32LE(at) !== 0; at -= 4) {
    const ptr = place(at);
    memory.writeUInt32LE(Number(BigInt.asUintN(32, BigInt(memory.readUInt32LE(ptr)) + delta)), ptr);
  }
  for (at -= 4; memory.readInt32LE(at) !== 0; at -= 4) {
    const ptr = place(at);
    memory.writeUInt32LE(Number(BigInt.asUintN(32, BigInt(memory.readUInt32LE(ptr)) - delta)), ptr);
  }
  for (at -= 4; memory.readInt32LE(at) !== 0; at -= 4) {
    const ptr = place(at);
    memory.writeBigUInt64LE(BigInt.asUintN(64, memory.readBigUInt64LE(ptr) + delta), ptr);
  }
}

/**
 * Boots a bzImage as far as the jump to the kernel.
 *
 * @param kernel.size - VO__end - VO__text
 * @param kernel.textVaddr - link-time address of _text
 * @param delta - how far KASLR moves the kernel's addresses; 0 leaves relocations alone
 */
export function bootModel(
  image: Uint8Array,
  kernel: { readonly size: number; readonly loadPhysicalAddr: number; readonly textVaddr: bigint },
  delta: bigint,
): BootedKernel {
  const file = Buffer.from(image.buffer, image.byteOffset, image.byteLength);
  const setupSize = (file.readUInt8(0x1f1) + 1) * 512;
  const payloadAt = setupSize + file.readUInt32LE(0x248);
  const payload = file.subarray(payloadAt, payloadAt + file.readUInt32LE(0x24c));
  const outputSize = payload.readUInt32LE(payload.length - 4);
  const initSize = file.readUInt32LE(0x260);
  const memory = Buffer.alloc(Math.max(outputSize, kernel.size), 0xaa);
  if (initSize < memory.length) throw new Error('init_size is smaller than what the kernel needs');
  decompress(payload, memory, outputSize);
  const { moves, entry } = parseElf(memory, kernel.loadPhysicalAddr);
  if (delta !== 0n) handleRelocations(memory, outputSize, kernel.size, delta, kernel.textVaddr);
  return { memory, moves, entry };
}

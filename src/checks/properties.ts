/** Program properties (gABI extension "Linux Extensions to gABI", x86-64 psABI section "Program Property"). */
const FEATURE_1_AND = 0xc0000002;
const ISA_1_NEEDED = 0xc0008002;
const FEATURES = ['IBT', 'SHSTK', 'LAM_U48', 'LAM_U57'];
const LEVELS = ['x86-64-baseline', 'x86-64-v2', 'x86-64-v3', 'x86-64-v4'];

/** Names what a descriptor of NT_GNU_PROPERTY_TYPE_0 says: `IBT, SHSTK`. A property that is cut short ends the list. */
export function propertyText(descriptor: Uint8Array): string {
  const view = new DataView(descriptor.buffer, descriptor.byteOffset, descriptor.byteLength);
  const texts: string[] = [];
  for (let at = 0; at + 8 <= view.byteLength;) {
    const type = view.getUint32(at, true);
    const size = view.getUint32(at + 4, true);
    const isWord = size === 4 && at + 12 <= view.byteLength;
    const word = isWord ? view.getUint32(at + 8, true) : 0;
    if (type === FEATURE_1_AND) texts.push(...namesOf(word, FEATURES));
    else if (type === ISA_1_NEEDED) texts.push(...namesOf(word, LEVELS));
    else texts.push(`property 0x${type.toString(16)}`);
    at += 8 + Math.ceil(size / 8) * 8;
  }
  return texts.length === 0 ? 'empty' : texts.join(', ');
}

function namesOf(bits: number, names: readonly string[]): string[] {
  return names.filter((_, bit) => (bits & (1 << bit)) !== 0);
}

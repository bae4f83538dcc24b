import { z } from 'zod';
import { UklError, linkErrors } from '../errors/index.js';
import { readArchive, type Archive, type ElfFile } from '../elf/index.js';
import { LINK_SECTION, RECORD_FORMAT, RECORD_MEMBER, type LinkRecord, type RecordedInput } from './format.js';

const path = z.string();
const late = z.boolean().exactOptional();

const recordedInput: z.ZodType<RecordedInput> = z.lazy(() =>
  z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('own'),
      path,
      key: z.string().regex(/^[0-9a-f]{64}$/),
      size: z.int().nonnegative(),
      member: z.int().positive(),
      late,
    }),
    z.object({ kind: z.literal('system'), path, name: z.string().min(1), late }),
    z.object({ kind: z.literal('shared'), path }),
    z.object({ kind: z.literal('script'), path, inputs: z.array(recordedInput) }),
    z.object({ kind: z.literal('none'), path, why: z.string() }),
  ]),
);

const linkRecord: z.ZodType<LinkRecord> = z.object({
  format: z.literal(RECORD_FORMAT),
  tool: z.string(),
  linker: z.string(),
  folder: z.string(),
  args: z.array(z.string()),
  inputs: z.array(recordedInput),
  needed: z.array(recordedInput),
  incomplete: z.string().exactOptional(),
});

/** The archive in the section that the wrappers add to an executable; undefined when it has none. Throws UKL1xxx when it is damaged. */
export function linkArchive(elf: ElfFile): Archive | undefined {
  const section = elf.sectionNamed(LINK_SECTION);
  return section && readArchive(section.contents, elf.origin);
}

/** The record in it. Throws UKL2032 when it is of a newer format, UKL2033 when it is damaged. */
export function readLinkRecord(archive: Archive): LinkRecord {
  const { origin } = archive;
  const place = { ...origin, section: LINK_SECTION };
  const [first] = archive.members;
  if (first?.name !== RECORD_MEMBER)
    throw new UklError(linkErrors.badRecord(place, `no ${RECORD_MEMBER} in it`));
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(first.data).toString('utf8'));
  } catch (error) {
    throw new UklError(linkErrors.badRecord(place, `${RECORD_MEMBER} is not JSON`), { cause: error });
  }
  const format = z.object({ format: z.int() }).safeParse(json).data?.format ?? RECORD_FORMAT;
  if (format > RECORD_FORMAT) throw new UklError(linkErrors.newerRecord(place, format, RECORD_FORMAT));
  const read = linkRecord.safeParse(json);
  if (!read.success) throw new UklError(linkErrors.badRecord(place, z.prettifyError(read.error)));
  const { inputs, needed } = read.data;
  const lost = [...inputs, ...needed].find((input) => memberIsMissing(input, archive.members.length));
  if (lost !== undefined) throw new UklError(linkErrors.badRecord(place, `${lost.path} is not in it`));
  return read.data;
}

function memberIsMissing(input: RecordedInput, count: number): boolean {
  if (input.kind === 'script') return input.inputs.some((inner) => memberIsMissing(inner, count));
  return input.kind === 'own' && input.member >= count;
}

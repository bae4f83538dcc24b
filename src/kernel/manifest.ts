import * as z from 'zod/mini';
import { UklError, kernelErrors } from '../errors/index.js';
import { DEFAULT_PROFILE } from './series.js';

/** Version of the kit's layout and of the contract between kernel and link. Raised when an older tool or kit would not fit. */
export const KIT_FORMAT = 3;

/** Whether a path names a file within a kit's folder, in the one spelling that there is. */
export function isPlainPath(path: string): boolean {
  return (
    !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}

const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/));
const address = z.string().check(z.regex(/^0x[0-9a-f]{16}$/));

const manifestSchema = z.object({
  format: z.literal(KIT_FORMAT),
  /** Version of the ukl-link that made the kit. */
  tool: z.string(),
  /** What the kit is called; see key.ts. */
  key: sha256,
  kernel: z.object({
    /** `uname -r` of the guest. */
    release: z.string(),
    /** Version of the source, `6.1.192`. */
    version: z.string(),
    /** Digest of the source; see source.ts. Null for a developer's tree. */
    source: z.nullable(sha256),
    /** Digest of patches and configuration; see series.ts. Null for a developer's tree. */
    series: z.nullable(sha256),
    /** Which of the series' configurations; kits from before there were several have the default one. */
    profile: z._default(z.string(), DEFAULT_PROFILE),
    /** First line of `gcc --version`. */
    compiler: z.string(),
  }),
  slot: z.object({
    /** Link address of the slot's first byte, in hex. */
    start: address,
    /** Bytes. */
    size: z.int().check(z.positive()),
  }),
  /** Link addresses of what a program may jump to; see symbols.ts. */
  symbols: z.record(z.string(), address),
  /** What images made with the kit can be compressed with (`--compress`), the default first. */
  compress: z.array(z.string()),
  /** Every other file of the kit, by path within it. */
  files: z.record(
    z.string().check(z.refine(isPlainPath, 'a file of a kit must have a plain relative path')),
    z.object({ size: z.int().check(z.nonnegative()), sha256 }),
  ),
});

/** What manifest.json says. */
export type Manifest = z.infer<typeof manifestSchema>;

/** Only what must be readable in every version, to say which version it is. */
const formatSchema = z.object({ format: z.int(), tool: z.string() });

/**
 * Reads the text of a manifest.json. Throws UKL4014 for a kit of another format, UKL4013 for anything that is not a manifest.
 */
export function parseManifest(text: string, file: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw corrupt(file, 'manifest.json is not JSON', error);
  }
  const format = formatSchema.safeParse(json);
  if (!format.success) throw corrupt(file, describe(format.error), format.error);
  if (format.data.format !== KIT_FORMAT) {
    throw new UklError(kernelErrors.kitOtherFormat(file, format.data.tool, format.data.format, KIT_FORMAT));
  }
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success) throw corrupt(file, describe(manifest.error), manifest.error);
  return manifest.data;
}

/** The same manifest is always the same text. */
export function formatManifest(manifest: Manifest): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function corrupt(file: string, reason: string, cause: unknown): UklError {
  return new UklError(kernelErrors.kitCorrupt(file, reason), { cause });
}

function describe(error: z.core.$ZodError): string {
  return error.issues
    .map((issue) => `manifest.json: ${issue.path.join('.') || 'it'}: ${issue.message}`)
    .join('; ');
}

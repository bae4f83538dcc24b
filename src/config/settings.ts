import { parseAddedFile } from '../image/added-files.js';
import type { LinkOptions } from '../link.js';
import { parseDisk, parsePort, type PortForward, type RunOptions } from '../run/index.js';
import { given } from './given.js';
import { locateInput, type Located } from './input-word.js';
import type { ConfigFile } from './schema.js';

/** What a file, or a command line, says about a link. */
export type LinkSettings = Partial<Omit<LinkOptions, 'debugFile'>> & {
  /** True: beside the image, whatever that is called in the end. */
  readonly debugFile?: string | true;
  /** `-lNAME` each; they stay behind the program, whatever the command line makes of it. */
  readonly libraries?: readonly string[];
};

/** What a file, or a command line, says about a run. */
export type RunSettings = Partial<RunOptions> & {
  /** Path of a file for the console's bytes. */
  readonly consoleLog?: string;
};

/** The options of a link, with paths as they are from here. */
export function linkSettings(file: ConfigFile, located: Located): LinkSettings {
  const { program, separateDebugFile } = file;
  return given<LinkSettings>({
    program:
      program === undefined ? undefined : listOf(program).flatMap((word) => locateInput(word, located)),
    libraries: file.libraries?.map((name) => `-l${name}`),
    output: path(file.output, located),
    args: file.args,
    env: variables(file.env),
    cmdline: file.cmdline,
    rootfs: path(file.rootfs, located),
    files: file.files?.map((added) => {
      const { host, guest } =
        typeof added === 'string' ? parseAddedFile(added) : { host: added.from, guest: added.to };
      return { host: located(host), guest };
    }),
    compress: file.compress,
    kit: pathOrName(file.kit, located),
    syscalls: file.syscalls,
    enable: file.enable,
    map: path(file.map, located),
    debugFile:
      typeof separateDebugFile === 'string' ? located(separateDebugFile) : separateDebugFile || undefined,
    dependencyFile: path(file.dependencyFile, located),
    fatalWarnings: file.fatalWarnings,
    noWarn: file.noWarn,
  });
}

/** The options of a run, with paths as they are from here. The image is the link's output. */
export function runSettings({ run = {}, output }: ConfigFile, located: Located): RunSettings {
  return given<RunSettings>({
    image: path(output, located),
    memory: run.memory,
    cpus: run.cpus,
    ports: run.ports?.map((port): PortForward => parsePort(String(port))),
    disks: run.disks?.map(parseDisk).map((disk) => ({ ...disk, file: located(disk.file) })),
    hostname: run.hostname,
    network: run.network,
    args: run.args,
    env: variables(run.env),
    append: run.append,
    initrd: path(run.initrd, located),
    timeout: run.timeout,
    silenceLimit: run.silenceLimit,
    stopTimeout: run.stopTimeout,
    accelerator: run.accel,
    kernelLog: run.kernelLog,
    consoleLog: path(run.consoleLog, located),
    qemu: pathOrName(run.qemu, located),
    qemuArguments: run.qemuArgs,
  });
}

const listOf = (value: string | readonly string[]): readonly string[] =>
  typeof value === 'string' ? [value] : value;

const path = (text: string | undefined, located: Located): string | undefined =>
  text === undefined ? undefined : located(text);

const pathOrName = (text: string | undefined, located: Located): string | undefined =>
  text?.includes('/') === true ? located(text) : text;

const variables = (env: Readonly<Record<string, string>> | undefined): string[] | undefined =>
  env === undefined ? undefined : Object.entries(env).map(([name, value]) => `${name}=${value}`);

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageErrors, UklError } from '../errors/index.js';

const quote = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`;

/**
 * A command of a finished kernel build, as kbuild keeps it next to what it made (`.NAME.cmd`,
 * scripts/Kbuild.include). Running it again with other files gives exactly what the build would have made of them,
 * with the build's own tools and flags.
 */
export class SavedCommand {
  private constructor(
    readonly target: string,
    private readonly text: string,
    /** The whole file: the command, and what fixdep found the result to depend on (scripts/basic/fixdep.c). */
    private readonly record: string,
  ) {}

  /**
   * @param target - path of what the command made, relative to the build directory
   * @throws UklError UKL3020 when the build did not leave it
   */
  static async load(buildDir: string, target: string): Promise<SavedCommand> {
    const slash = target.lastIndexOf('/');
    const file = join(buildDir, target.slice(0, slash), `.${target.slice(slash + 1)}.cmd`);
    let content: string;
    try {
      content = await readFile(file, 'utf8');
    } catch (error) {
      throw new UklError(imageErrors.buildIncomplete(file), { cause: error });
    }
    const text = /^(?:saved)?cmd_\S+ := (.*)$/m.exec(content)?.[1];
    if (text === undefined) throw new UklError(imageErrors.buildIncomplete(file));
    // The file is read by make: undo what kbuild's make-cmd escaped.
    return new SavedCommand(target, text.replaceAll('$(pound)', '#').replaceAll('$$', '$'), content);
  }

  /** The file that a compiler's command lists the read headers in (`-Wp,-MMD,DIR/.NAME.d`). */
  get dependencies(): string {
    return this.target.replace(/[^/]*$/, '.$&.d');
  }

  /** Whether what the command makes depends on a configuration symbol whose name starts so (without CONFIG_). */
  dependsOn(symbolPrefix: string): boolean {
    return this.record.includes(`include/config/${symbolPrefix}`);
  }

  /** The objects that the command names. */
  objects(): string[] {
    return this.text.split(/\s+/).filter((word) => word.endsWith('.o'));
  }

  /**
   * Runs the command in the build directory with some of its files replaced.
   *
   * @param files - path as it stands in the command, relative to the build directory, to absolute path; each must
   *   occur, and one must be the command's output
   * @throws UklError UKL3021 when it fails
   */
  async run(buildDir: string, files: Readonly<Record<string, string>>): Promise<void> {
    let command = this.text;
    for (const [from, to] of Object.entries(files)) {
      // As a whole word, or behind a comma (-Wp,-MMD,FILE); an out-of-tree build puts the source folder in front.
      const word = new RegExp(`(^|[\\s,])(?:[^\\s,]*/)?${from.replaceAll('.', '\\.')}(?=$|[\\s;])`, 'g');
      const replaced = command.replace(word, (_, before: string) => before + quote(to));
      if (replaced === command) {
        throw new UklError(
          imageErrors.relinkFailed(this.target, `the command does not name ${from}: ${this.text}`),
        );
      }
      command = replaced;
    }
    // Loaded here: a link imports this module's neighbours and must not pay for what only a kit needs.
    const { execa } = await import('execa');
    const result = await execa('/bin/sh', ['-c', command], { cwd: buildDir, all: true, reject: false });
    if (result.failed) throw new UklError(imageErrors.relinkFailed(this.target, result.all ?? ''));
  }
}

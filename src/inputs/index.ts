export { checkEnvironment, checkOutput } from './check-options.js';
export { parseProgramArguments, type InputArgument, type ProgramArguments } from './arguments.js';
export { executableFindings, openExecutable, type Executable } from './executable.js';
export { findToolchain, type Toolchain } from './toolchain.js';
export { ldInputs } from './ld-inputs.js';
export {
  resolveInputs,
  surveyInputs,
  type LinkItem,
  type ResolvedInputs,
  type SurveyedInputs,
} from './inputs.js';
export { surveyMembers, type SurveyedMembers } from './every-member.js';
export type { InputFile } from './files.js';
export type { InputArchive } from './archive.js';
export type { InputObject } from './object.js';
export { Resolution, type LinkedObject } from './resolve.js';

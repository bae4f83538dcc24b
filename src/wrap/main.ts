import { recordLink } from './record.js';

// libexec/ukl/ld runs this behind the linker, whose path is in the variable.
recordLink(process.env.UKL_REAL_LD ?? 'ld', process.argv.slice(2));

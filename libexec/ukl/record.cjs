// Adds to an executable what it was linked from; see libexec/ukl/ld.
'use strict';
require('../start.cjs').start('record', module);

/** Behind an image's name: where its debugging information is unless another place is named. */
export const DEBUG_FILE_ENDING = '.dbg';

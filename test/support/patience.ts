/** How many times longer than usual everything may take, for kernels that are slow on purpose: `UKL_TEST_PATIENCE`, 1 when absent. */
export const patience = Number(process.env['UKL_TEST_PATIENCE'] ?? 1);

/** Memory of a machine that needs little of it, in MB. A kernel that is slow on purpose keeps books, which take memory. */
export const littleMemory = patience > 1 ? 512 : 128;

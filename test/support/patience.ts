/** How many times longer than usual everything may take, for kernels that are slow on purpose: `UKL_TEST_PATIENCE`, 1 when absent. */
export const patience = Number(process.env['UKL_TEST_PATIENCE'] ?? 1);

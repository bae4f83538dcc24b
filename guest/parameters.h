/* SPDX-License-Identifier: Apache-2.0 */
/* The kernel's command line, on which a hypervisor's user tells /init what this machine has. */
#ifndef UKL_GUEST_PARAMETERS_H
#define UKL_GUEST_PARAMETERS_H

#include "machine.h"

/* The parameters, each with a NUL behind it, without quotes: as next_arg() of lib/cmdline.c takes them apart. */
static char parameters[2048 + 1]; /* COMMAND_LINE_SIZE */
static char *parameters_end = parameters;

static void read_parameters(void)
{
	long fd = sys(openat, proc_dir, "cmdline", O_RDONLY | O_CLOEXEC);
	long bytes = sys(read, fd, parameters, sizeof(parameters) - 1);
	int quoted = 0;

	sys(close, fd);
	for (char *at = parameters; at < parameters + bytes; at++) {
		if (*at == '"')
			quoted = !quoted;
		else
			*parameters_end++ = *at == '\n' || (*at == ' ' && !quoted) ? '\0' : *at;
	}
	*parameters_end = '\0';
}

/* The value of the next parameter `NAME=` behind `from`, NULL at first; those behind `--` are the program's. NULL: there is none. */
static char *next_value(const char *name, const char *from)
{
	const char *at = from ? from + length_of(from) : parameters;

	for (; at < parameters_end && !same_text(at, "--"); at += length_of(at) + 1)
		if (same_start(at, name))
			return (char *)at + length_of(name);
	return NULL;
}

#endif

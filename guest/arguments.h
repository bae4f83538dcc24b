/* SPDX-License-Identifier: Apache-2.0 */
/* The program's arguments and environment: from the image, from the run, from the kernel's command line. */
#ifndef UKL_GUEST_ARGUMENTS_H
#define UKL_GUEST_ARGUMENTS_H

#include "ending.h"

#define MAX_KERNEL_STRINGS 64 /* init/main.c hands over at most 32 arguments and 32 variables */

struct strings {
	char **list;
	size_t count;
};

static void add_string(struct strings *strings, char *text)
{
	strings->list[strings->count++] = text;
}

/* Every NUL-terminated string of a file. */
static void add_strings(struct strings *strings, struct bytes file)
{
	for (size_t at = 0; at < file.count; at += length_of(file.start + at) + 1)
		add_string(strings, file.start + at);
}

/* `NAME=value`; a later one replaces an earlier one of that name. */
static void set_variable(struct strings *env, char *text)
{
	size_t name = 0;

	while (text[name] && text[name] != '=')
		name++;
	for (size_t i = 0; i < env->count; i++) {
		size_t same = 0;

		while (same <= name && env->list[i][same] == text[same])
			same++;
		if (same > name) {
			env->list[i] = text;
			return;
		}
	}
	add_string(env, text);
}

static void set_variables(struct strings *env, struct bytes file)
{
	for (size_t at = 0; at < file.count; at += length_of(file.start + at) + 1)
		set_variable(env, file.start + at);
}

static struct strings make_argv(char **own)
{
	struct bytes baked = read_file("/etc/ukl/argv");
	struct bytes run = read_file("/.ukl/run-argv");
	size_t room = baked.count + run.count + MAX_KERNEL_STRINGS + 2;
	struct strings argv = { allocate(room * sizeof(char *)), 0 };

	if (!argv.list)
		fail("argv", -ENOMEM);
	add_strings(&argv, baked);
	if (argv.count == 0)
		add_string(&argv, "/program");
	add_strings(&argv, run);
	/* own[0] is /init itself; the rest stood behind `--` on the kernel's command line. */
	for (size_t i = 1; own[0] && own[i] && i < MAX_KERNEL_STRINGS; i++)
		add_string(&argv, own[i]);
	return argv;
}

static struct strings make_env(char **own)
{
	struct bytes baked = read_file("/etc/ukl/env");
	struct bytes run = read_file("/.ukl/run-env");
	size_t room = baked.count + run.count + MAX_KERNEL_STRINGS + 4;
	struct strings env = { allocate(room * sizeof(char *)), 0 };

	if (!env.list)
		fail("env", -ENOMEM);
	add_string(&env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
	add_string(&env, "HOME=/root");
	add_string(&env, "TERM=linux");
	set_variables(&env, baked);
	for (size_t i = 0; own[i] && i < MAX_KERNEL_STRINGS; i++) {
		/* What the kernel gives every init unasked (init/main.c, envp_init) is nobody's wish. */
		if (!same_text(own[i], "HOME=/") && !same_text(own[i], "TERM=linux"))
			set_variable(&env, own[i]);
	}
	set_variables(&env, run);
	return env;
}

#endif

// SPDX-License-Identifier: Apache-2.0
/* Reading and writing files that cost next to nothing themselves: what remains is the way through the VFS. */
#include <fcntl.h>
#include <unistd.h>

#include "subject.h"

#define LARGE 8192

static int zero, null;
static char buffer[LARGE];

static void open_files(void)
{
	zero = open("/dev/zero", O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	check(zero >= 0 && null >= 0, "/dev");
}

/* In memory of the stack, as most callers' buffers are in the user half. */
static void read_1(int round)
{
	char byte;

	(void)round;
	check(read(zero, &byte, 1) == 1, "read");
}

static void write_1(int round)
{
	char byte = (char)round;

	check(write(null, &byte, 1) == 1, "write");
}

static void read_static(int round)
{
	(void)round;
	check(read(zero, buffer, 1) == 1, "read");
}

static void read_8k(int round)
{
	char large[LARGE];

	(void)round;
	check(read(zero, large, LARGE) == LARGE, "read");
}

static void write_8k(int round)
{
	char large[LARGE];

	large[0] = (char)round;
	check(write(null, large, LARGE) == LARGE, "write");
}

const struct subject file_subjects[] = {
	{ .name = "read-1", .rounds = 200, .run = read_1, .prepare = open_files },
	{ .name = "read-1-static", .rounds = 200, .run = read_static, .prepare = open_files },
	{ .name = "write-1", .rounds = 200, .run = write_1, .prepare = open_files },
	{ .name = "read-8k", .rounds = 200, .run = read_8k, .prepare = open_files },
	{ .name = "write-8k", .rounds = 200, .run = write_8k, .prepare = open_files },
	{ 0 },
};

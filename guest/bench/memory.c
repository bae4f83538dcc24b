// SPDX-License-Identifier: Apache-2.0
/* The first touch of a page, in each kind of memory that a program has. A round touches one page; samples begin with none. */
#include <stddef.h>
#include <sys/mman.h>

#include "subject.h"

#define PAGE 4096
#define PAGES 64

static char bss[(PAGES + 1) * PAGE];
static volatile char *area;

static char *page_in(char *memory)
{
	return memory + (-(uintptr_t)memory & (PAGE - 1));
}

static void touch(int round)
{
	area[(ptrdiff_t)round * PAGE] = 1;
}

static void give_back(void)
{
	check(madvise((void *)area, PAGES * PAGE, MADV_DONTNEED) == 0, "madvise");
}

static void take_mapping(void)
{
	area = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	check(area != MAP_FAILED, "mmap");
}

static void take_bss(void)
{
	area = page_in(bss);
}

/* Far below everything that is called meanwhile, far above the stack's limit. */
static void take_stack(void)
{
	char *here = page_in(__builtin_frame_address(0)) - 4 * PAGES * PAGE;

	/* The stack grows as far as it is touched. */
	*(volatile char *)here = 1;
	area = here;
}

const struct subject memory_subjects[] = {
	{ .name = "fault-mmap", .rounds = PAGES, .run = touch, .prepare = take_mapping, .before = give_back },
	{ .name = "fault-bss", .rounds = PAGES, .run = touch, .prepare = take_bss, .before = give_back },
	{ .name = "fault-stack", .rounds = PAGES, .run = touch, .prepare = take_stack, .before = give_back },
	{ 0 },
};

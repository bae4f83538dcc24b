/* SPDX-License-Identifier: Apache-2.0 */
/* See ukl_upcall.h. Every descriptor is in one epoll instance with EPOLLONESHOT: an event is one thread's until that thread comes back for the next. */
#include "ukl_upcall.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/ukl.h and arch/x86/include/uapi/asm/prctl.h of the kernel */
#define ARCH_UKL_UPCALL 0x6b02
struct upcall {
	int32_t epoll;
	int32_t again;
	uint64_t again_data;
	uint32_t again_events;
	struct epoll_event event;
	uint64_t handler;
};

struct source {
	uint32_t events;
	/* Which of all registrations this is: an event may come late, for one that is gone. */
	uint32_t number;
	ukl_event_handler *handler;
	void *data;
	bool registered;
	/* A handler runs, in this thread; unregister_event() waits for its end. */
	bool running;
	bool awaited;
	pthread_t runner;
	/* The thread that will arm it again, by its next wait. */
	volatile struct upcall *armer;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;
/* By descriptor. */
static struct source **sources;
static size_t room;
static uint32_t registrations;
static int epoll = -1;

/* This thread's next wait. */
static __thread struct upcall next_wait;

/* Waits; if the kernel has upcalls, it does not return but goes on in the handler, which returns to the caller of this. */
long ukl_upcall_wait(struct upcall *wait);
__asm__(".pushsection .text\n"
	".type ukl_upcall_wait, @function\n"
	"ukl_upcall_wait:\n"
	"	.cfi_startproc\n"
	"	mov %rdi, %rsi\n"
	"	mov $0x6b02, %edi\n"
	"	mov $158, %eax\n" /* arch_prctl */
	"	syscall\n"
	"	ret\n"
	"	.cfi_endproc\n"
	"	.size ukl_upcall_wait, .-ukl_upcall_wait\n"
	".popsection\n");

static uint64_t wordOf(int fd, const struct source *source)
{
	return (uint64_t)source->number << 32 | (uint32_t)fd;
}

static struct source *sourceAt(int fd)
{
	return fd >= 0 && (size_t)fd < room ? sources[fd] : NULL;
}

/* Calls a handler, unless the event is of a registration that is gone, and sees to it that the next wait arms the descriptor again. */
static long dispatch(uint32_t events, uint64_t word)
{
	int fd = (int)(uint32_t)word;
	struct source *source;

	next_wait.again = -1;
	pthread_mutex_lock(&lock);
	source = sourceAt(fd);
	if (source == NULL || source->number != word >> 32) {
		pthread_mutex_unlock(&lock);
		return 0;
	}
	source->running = true;
	source->runner = pthread_self();
	pthread_mutex_unlock(&lock);
	source->handler(fd, events, source->data);
	pthread_mutex_lock(&lock);
	source->running = false;
	if (source->registered) {
		next_wait.again_events = source->events;
		next_wait.again_data = word;
		next_wait.again = fd;
		source->armer = &next_wait;
	} else if (source->awaited) {
		pthread_cond_broadcast(&finished);
	} else {
		free(source);
	}
	pthread_mutex_unlock(&lock);
	return 0;
}

/* The same by the calls that every kernel has. */
static void waitByEpoll(void)
{
	struct epoll_event event = {.events = next_wait.again_events, .data.u64 = next_wait.again_data};

	/* Another thread may have removed it: then there is nothing to arm. */
	if (next_wait.again >= 0)
		(void)epoll_ctl(next_wait.epoll, EPOLL_CTL_MOD, next_wait.again, &event);
	next_wait.again = -1;
	if (epoll_wait(next_wait.epoll, &event, 1, -1) == 1)
		dispatch(event.events, event.data.u64);
}

static void *work(void *unused)
{
	bool upcalls = true;

	next_wait = (struct upcall){.epoll = epoll, .again = -1, .handler = (uintptr_t)dispatch};
	for (;;) {
		if (!upcalls)
			waitByEpoll();
		else
			upcalls = ukl_upcall_wait(&next_wait) != -EINVAL;
	}
	return unused;
}

/* The threads are the parent's, and so are its registrations. */
static void forget(void)
{
	if (epoll >= 0)
		close(epoll);
	epoll = -1;
	for (size_t fd = 0; fd < room; fd++)
		sources[fd] = NULL;
	pthread_mutex_init(&lock, NULL);
	pthread_cond_init(&finished, NULL);
}

static void lockAll(void)
{
	pthread_mutex_lock(&lock);
}

static void unlockAll(void)
{
	pthread_mutex_unlock(&lock);
}

static int failWith(int error)
{
	errno = error;
	return -1;
}

UKL_UPCALL_API int init_event_handler(unsigned int threads)
{
	static bool prepared;
	int error = 0;

	if (threads == 0)
		return failWith(EINVAL);
	pthread_mutex_lock(&lock);
	if (epoll >= 0)
		error = EBUSY;
	else if ((epoll = epoll_create1(EPOLL_CLOEXEC)) < 0)
		error = errno;
	else if (!prepared)
		error = pthread_atfork(lockAll, unlockAll, forget), prepared = error == 0;
	for (unsigned int i = 0; error == 0 && i < threads; i++) {
		pthread_t thread;

		error = pthread_create(&thread, NULL, work, NULL);
		if (error == 0)
			pthread_detach(thread);
	}
	pthread_mutex_unlock(&lock);
	return error == 0 ? 0 : failWith(error);
}

/* Makes room for a descriptor. Returns an error number. */
static int reserve(int fd)
{
	size_t wanted = room;
	struct source **larger;

	while (wanted <= (size_t)fd)
		wanted = wanted == 0 ? 64 : 2 * wanted;
	if (wanted == room)
		return 0;
	larger = realloc(sources, wanted * sizeof(*sources));
	if (larger == NULL)
		return ENOMEM;
	for (size_t i = room; i < wanted; i++)
		larger[i] = NULL;
	sources = larger;
	room = wanted;
	return 0;
}

UKL_UPCALL_API int register_event(int fd, uint32_t events, ukl_event_handler *handler, void *data)
{
	struct source *source;
	int error;

	if (fd < 0)
		return failWith(EBADF);
	source = malloc(sizeof(*source));
	if (source == NULL)
		return -1;
	pthread_mutex_lock(&lock);
	*source = (struct source){.events = events | EPOLLONESHOT, .number = ++registrations, .handler = handler, .data = data, .registered = true};
	error = epoll < 0 ? EINVAL : sourceAt(fd) != NULL ? EEXIST : reserve(fd);
	if (error == 0) {
		struct epoll_event event = {.events = source->events, .data.u64 = wordOf(fd, source)};

		sources[fd] = source;
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0)
			error = errno, sources[fd] = NULL;
	}
	pthread_mutex_unlock(&lock);
	if (error == 0)
		return 0;
	free(source);
	return failWith(error);
}

static bool isArming(const struct source *source, int fd)
{
	const volatile struct upcall *wait = source->armer;

	return wait != NULL && wait->again == fd && wait->again_data == wordOf(fd, source);
}

UKL_UPCALL_API int unregister_event(int fd)
{
	struct source *source;

	pthread_mutex_lock(&lock);
	source = sourceAt(fd);
	if (source == NULL) {
		pthread_mutex_unlock(&lock);
		return failWith(ENOENT);
	}
	sources[fd] = NULL;
	source->registered = false;
	while (source->running && !pthread_equal(source->runner, pthread_self())) {
		source->awaited = true;
		pthread_cond_wait(&finished, &lock);
	}
	/* What is armed behind its removal would be another registration's by then. That thread is on its way into the kernel. */
	while (isArming(source, fd))
		sched_yield();
	/* A descriptor that has been closed is not there any more. */
	(void)epoll_ctl(epoll, EPOLL_CTL_DEL, fd, &(struct epoll_event){0});
	/* In its own handler, that is what dispatch() does at the end. */
	if (!source->running)
		free(source);
	pthread_mutex_unlock(&lock);
	return 0;
}

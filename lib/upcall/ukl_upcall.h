/* SPDX-License-Identifier: Apache-2.0 */
#ifndef UKL_UPCALL_H
#define UKL_UPCALL_H
/*
 * Handlers of events instead of loops that wait for them. Threads of this library wait; what they wait for calls the program. In ring 0, linked with
 * --enable-libupcall, the kernel returns from the wait straight into the handlers, and one call does what takes epoll_wait() and epoll_ctl() otherwise. Elsewhere the
 * same program runs by these two.
 */
#include <stdint.h>
#include <sys/epoll.h>

/* For whoever includes the library's source in their own: static */
#ifndef UKL_UPCALL_API
#define UKL_UPCALL_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What is called when there is something on a descriptor: `events` are those of epoll (EPOLLIN, EPOLLHUP …), `data` is what it was registered with. It runs in
 * one thread at a time for a registration, in several for several. It may block, register, and unregister itself and others; while there is more, it is called again.
 */
typedef void ukl_event_handler(int fd, uint32_t events, void *data);

/* Starts as many threads that call handlers. Returns 0, or -1 with errno: EINVAL for none, EBUSY when it has been called before, those of
 * pthread_create(): then the threads that could be started are there. A child made by fork() has none of it and may call this again. */
UKL_UPCALL_API int init_event_handler(unsigned int threads);

/* From now on, events of `fd` call `handler`. Returns 0, or -1 with errno: EINVAL before init_event_handler(), EEXIST when it is registered, those of epoll_ctl(). */
UKL_UPCALL_API int register_event(int fd, uint32_t events, ukl_event_handler *handler, void *data);

/*
 * No more calls for `fd`. When it returns, its handler does not run any more, unless that is who has called this. To be called before close(). Returns 0, or -1 with
 * errno ENOENT when it is not registered.
 */
UKL_UPCALL_API int unregister_event(int fd);

#ifdef __cplusplus
}
#endif

#endif

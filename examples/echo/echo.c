// SPDX-License-Identifier: Apache-2.0
/* Sends back what it gets: a connection's handler is called when there is something, in one of four threads. A line "stop" ends it. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <ukl_upcall.h>
#include <unistd.h>

#define THREADS 4

static sem_t stopped;
static atomic_ulong connections, bytes;

static void echo(int connection, uint32_t events, void *unused)
{
	char buffer[16384];
	ssize_t size = recv(connection, buffer, sizeof(buffer), 0);

	(void)events, (void)unused;
	if (size > 0) {
		bytes += (unsigned long)size;
		if (size == 5 && memcmp(buffer, "stop\n", 5) == 0)
			sem_post(&stopped);
		for (ssize_t sent = 0, more; sent < size; sent += more)
			if ((more = send(connection, buffer + sent, (size_t)(size - sent), MSG_NOSIGNAL)) < 0)
				break;
		return;
	}
	unregister_event(connection);
	close(connection);
}

static void welcome(int listener, uint32_t events, void *unused)
{
	int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

	(void)events, (void)unused;
	if (connection < 0)
		return;
	connections++;
	if (register_event(connection, EPOLLIN, echo, NULL) != 0) {
		perror("register_event");
		close(connection);
	}
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	address.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 7));
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	sem_init(&stopped, 0, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(listener, 128) != 0 ||
	    init_event_handler(THREADS) != 0 || register_event(listener, EPOLLIN, welcome, NULL) != 0) {
		perror("echo");
		return 1;
	}
	printf("listening\n");
	fflush(stdout);
	sem_wait(&stopped);
	unregister_event(listener);
	printf("served %lu connections, %lu bytes\n", connections, bytes);
	return 0;
}

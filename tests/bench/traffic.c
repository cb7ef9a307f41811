/*
 * Traffic through a published port, and how much of it gets through.
 *
 *   traffic serve PORT
 *       the pod: sends a single byte and datagrams back, throws away all else; says "ready" when it listens
 *   traffic bulk ADDRESS PORT MILLISECONDS
 *       the client: bits a second that one TCP connection has brought there
 *   traffic connections ADDRESS PORT MILLISECONDS
 *       connections a second, one after the other: connect, a byte there and back, close
 *   traffic datagrams ADDRESS PORT MILLISECONDS
 *       packets a second, there and back, of small UDP datagrams; a batch is sent when the one before has come back
 *
 * Prints a plain number. The first milliseconds, in which windows and buffers grow, are not counted.
 */
#define _GNU_SOURCE /* recvmmsg, sendmmsg */
#include <arpa/inet.h>
#include <err.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/tcp.h>

enum {
    BATCH = 32,
    PAYLOAD = 18, /* the smallest frame of Ethernet */
    CHUNK = 1 << 17,
    IN_FLIGHT = 1 << 18,
    WARMUP_MS = 20,
    PATIENCE_MS = 1000,
};

static char chunk[CHUNK];
static struct sockaddr_in address = {.sin_family = AF_INET};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static int open_socket(int type)
{
    int fd = socket(AF_INET, type, 0);
    struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) < 0)
        err(1, "socket");
    return fd;
}

/* ---- A batch of datagrams */

static char payloads[BATCH][PAYLOAD];
static struct sockaddr_in peers[BATCH];
static struct iovec vectors[BATCH];
static struct mmsghdr datagrams[BATCH];

static void set_up_batch(bool with_peers)
{
    for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){payloads[i], PAYLOAD};
        datagrams[i].msg_hdr = (struct msghdr){.msg_iov = &vectors[i], .msg_iovlen = 1};
        if (with_peers) {
            datagrams[i].msg_hdr.msg_name = &peers[i];
            datagrams[i].msg_hdr.msg_namelen = sizeof peers[i];
        }
    }
}

/* ---- The pod */

static int listen_on(int type)
{
    int fd = open_socket(type), yes = 1;

    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || (type == SOCK_STREAM && listen(fd, 128) < 0))
        err(1, "listen");
    return fd;
}

/* Until the client is gone, who resets the connection when it has seen enough. */
static void serve_connection(int fd)
{
    ssize_t length;

    /* MSG_TRUNC: the kernel throws the bytes away itself. */
    while ((length = recv(fd, chunk, sizeof chunk, MSG_TRUNC)) > 0)
        if (length == 1)
            send(fd, chunk, 1, MSG_NOSIGNAL);
    close(fd);
}

static void serve(void)
{
    struct pollfd listeners[] = {{listen_on(SOCK_STREAM), POLLIN, 0}, {listen_on(SOCK_DGRAM), POLLIN, 0}};

    set_up_batch(true);
    puts("ready");
    fflush(stdout);
    while (poll(listeners, 2, -1) > 0) {
        if (listeners[0].revents) {
            int fd = accept(listeners[0].fd, NULL, NULL);
            if (fd >= 0)
                serve_connection(fd);
        }
        if (listeners[1].revents) {
            int count = recvmmsg(listeners[1].fd, datagrams, BATCH, MSG_DONTWAIT, NULL);
            if (count > 0)
                sendmmsg(listeners[1].fd, datagrams, count, 0);
        }
    }
    err(1, "poll");
}

/* ---- The client */

static int connect_to(int type)
{
    int fd = open_socket(type);
    struct linger reset = {.l_onoff = 1, .l_linger = 0};
    int in_flight = IN_FLIGHT;

    /* Nothing waits in TIME_WAIT and keeps a port. */
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    /* Less in flight than a card's backlog holds: nothing is lost, and no connection works with longer queues than another. */
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &in_flight, sizeof in_flight);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "connect");
    return fd;
}

/* What has been brought there so far; each does a little more of it. */
static double bulk(int fd)
{
    struct tcp_info info;
    socklen_t length = sizeof info;

    if (send(fd, chunk, sizeof chunk, MSG_NOSIGNAL) < 0)
        err(1, "send");
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) < 0)
        err(1, "TCP_INFO");
    return info.tcpi_bytes_acked * 8.0;
}

static double connections(int unused)
{
    static double count;
    int fd = connect_to(SOCK_STREAM);

    (void)unused;
    if (send(fd, "", 1, MSG_NOSIGNAL) != 1 || recv(fd, chunk, 1, 0) != 1)
        err(1, "a connection");
    close(fd);
    return ++count;
}

static double batches(int fd)
{
    static double count;
    int sent = sendmmsg(fd, datagrams, BATCH, 0), back = 0;

    if (sent < 0)
        err(1, "sendmmsg");
    while (back < sent) {
        int received = recvmmsg(fd, datagrams, sent - back, MSG_WAITFORONE, NULL);
        if (received < 0)
            err(1, "datagrams were lost");
        back += received;
    }
    return count += 2 * back;
}

static double rate(double (*more)(int), int fd, double seconds)
{
    double start = now(), since, before, time, done;

    do
        before = more(fd);
    while ((since = now()) < start + WARMUP_MS / 1e3);
    do
        done = more(fd);
    while ((time = now()) < since + seconds);
    return (done - before) / (time - since);
}

int main(int argc, char **argv)
{
    if (argc == 3 && !strcmp(argv[1], "serve")) {
        address.sin_port = htons(atoi(argv[2]));
        serve();
    }
    if (argc != 5 || inet_pton(AF_INET, argv[2], &address.sin_addr) != 1)
        errx(1, "expected serve PORT, or bulk, connections or datagrams with ADDRESS PORT MILLISECONDS");
    address.sin_port = htons(atoi(argv[3]));

    double seconds = atoi(argv[4]) / 1e3, result;
    if (!strcmp(argv[1], "bulk"))
        result = rate(bulk, connect_to(SOCK_STREAM), seconds);
    else if (!strcmp(argv[1], "connections"))
        result = rate(connections, -1, seconds);
    else if (!strcmp(argv[1], "datagrams")) {
        set_up_batch(false);
        result = rate(batches, connect_to(SOCK_DGRAM), seconds);
    } else
        errx(1, "%s?", argv[1]);
    printf("%.0f\n", result);
    return 0;
}

/*
 * Changes overlay routes in main, and observes from outside how long it takes until the source tables have followed.
 *
 *   observe changes CARD TABLES THERE COUNT PAUSE
 *       COUNT times, after a pause of up to PAUSE microseconds, changes one route: a node leaves, and comes again (one of the THERE subnets that
 *       have routes to begin with), a node joins (one of the next free subnets), and leaves again
 *   observe burst CARD TABLES COUNT
 *       deletes all of COUNT overlay routes, and adds them again
 *   observe ready SOCKET
 *       waits until a program that was started with NOTIFY_SOCKET=SOCKET says that it is ready
 *
 * For every change or burst: a line "add|delete MICROSECONDS IN-MAIN". MICROSECONDS: from before the first message about main is sent until
 * the kernel's notification of the last copy, in the last of TABLES tables, is received here. IN-MAIN: until main was changed.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "netlink.h"

enum {
    MAX_TABLES = 64,
    PATIENCE_MS = 20 * 1000,
    BATCH = 256, /* messages */
};

static unsigned card;
static unsigned tables; /* how many */
static int kernel, group;

/* What the present change has brought about so far. */
static struct {
    int type;
    unsigned first, count; /* subnets */
    unsigned copies;
    bool seen[OVERLAY_SUBNETS][MAX_TABLES];
} change;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

/* A small number for a table, the same every time. */
static unsigned table_slot(uint32_t table)
{
    static uint32_t known[MAX_TABLES];
    static unsigned count;

    for (unsigned slot = 0; slot < count; slot++) {
        if (known[slot] == table)
            return slot;
    }
    if (count == tables || count == MAX_TABLES)
        errx(1, "copies are in more than %u tables", count);
    known[count] = table;
    return count++;
}

static void take(const struct nlmsghdr *message)
{
    const struct rtmsg *route = NLMSG_DATA(message);
    unsigned subnet = overlay_subnet(message);

    if (route->rtm_protocol != OWNED || subnet < change.first || subnet >= change.first + change.count)
        return;
    bool *seen = &change.seen[subnet][table_slot(*(uint32_t *)find_attribute(message, RTA_TABLE))];
    bool as_wanted = message->nlmsg_type == change.type;
    change.copies += as_wanted - *seen;
    *seen = as_wanted;
}

/* Takes in one notification, or none if there is none. Returns whether there was one. */
static bool listen_once(int flags)
{
    _Alignas(struct nlmsghdr) char told[4096];

    if (recv(group, told, sizeof told, flags) < 0) {
        if (errno == EAGAIN)
            return false;
        if (errno == ENOBUFS)
            errx(1, "too much at once for the observer's queue, which is larger for root");
        err(1, "recv");
    }
    take((struct nlmsghdr *)told);
    return true;
}

static void measure(int type, unsigned first, unsigned count)
{
    struct pollfd ready = {.fd = group, .events = POLLIN};
    struct messages messages = {0};

    while (listen_once(MSG_DONTWAIT))
        continue;
    memset(change.seen + first, 0, count * sizeof *change.seen);
    change.type = type;
    change.first = first;
    change.count = count;
    change.copies = 0;
    for (unsigned i = 0; i < count; i++)
        append_overlay_route(&messages, type, first + i, card);

    size_t size = messages.length / count;
    double start = now();
    for (unsigned i = 0; i < count; i += BATCH) {
        unsigned part = count - i < BATCH ? count - i : BATCH;
        char *batch = messages.bytes + i * size;
        send_batch(kernel, batch, part * size, (struct nlmsghdr *)(batch + (part - 1) * size));
        if (i + part < count) {
            while (listen_once(MSG_DONTWAIT))
                continue;
        }
    }
    double in_main = now();
    while (change.copies < count * tables) {
        if (!listen_once(MSG_DONTWAIT) && poll(&ready, 1, PATIENCE_MS) == 0)
            errx(1, "nothing was heard for %d s, and only of %u copies of %u", PATIENCE_MS / 1000, change.copies, count * tables);
    }
    double end = now();

    printf("%s %.0f %.0f\n", type == RTM_NEWROUTE ? "add" : "delete", end - start, in_main - start);
    free(messages.bytes);
}

static void pause_for(double microseconds)
{
    struct timespec time = {.tv_sec = microseconds / 1e6};
    time.tv_nsec = (microseconds - time.tv_sec * 1e6) * 1e3;
    nanosleep(&time, NULL);
}

static void measure_changes(unsigned there, unsigned count, double pause)
{
    enum { NEXT = 100 };
    unsigned subnet = 0;

    for (unsigned i = 0; i < count; i++) {
        pause_for(drand48() * pause);
        switch (i % 4) {
        case 0: subnet = 1 + drand48() * there; break;
        case 2: subnet = 1 + there + drand48() * NEXT; break;
        }
        measure(i % 4 == 1 || i % 4 == 2 ? RTM_NEWROUTE : RTM_DELROUTE, subnet, 1);
    }
}

static void await_readiness(const char *path)
{
    int notify = socket(AF_UNIX, SOCK_DGRAM, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct pollfd ready = {.fd = notify, .events = POLLIN};
    char said[1024];

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (notify < 0 || bind(notify, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "%s", path);
    do {
        if (poll(&ready, 1, PATIENCE_MS) == 0)
            errx(1, "it did not say for %d s that it is ready", PATIENCE_MS / 1000);
        ssize_t length = recv(notify, said, sizeof said - 1, 0);
        if (length < 0)
            err(1, "recv");
        said[length] = '\0';
    } while (!strstr(said, "READY=1"));
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";

    if (!strcmp(verb, "ready") && argc == 3) {
        await_readiness(argv[2]);
        return 0;
    }
    if (argc > 3) {
        card = find_card(argv[2]);
        tables = strtoul(argv[3], NULL, 10);
        kernel = open_netlink();
        group = open_group();
    }
    if (!strcmp(verb, "changes") && argc == 7) {
        measure_changes(strtoul(argv[4], NULL, 10), strtoul(argv[5], NULL, 10), strtod(argv[6], NULL));
    } else if (!strcmp(verb, "burst") && argc == 5) {
        unsigned count = strtoul(argv[4], NULL, 10);
        /* The first subnet is the node's own. */
        measure(RTM_DELROUTE, 1, count);
        pause_for(5e5);
        measure(RTM_NEWROUTE, 1, count);
    } else {
        errx(1, "usage: observe changes CARD TABLES THERE COUNT PAUSE | burst CARD TABLES COUNT | ready SOCKET");
    }
    return 0;
}

/*
 * What a plain C program needs for the work that srcroute does: the yardstick of make bench.
 *
 *   routes fill CARD COUNT   write COUNT overlay routes by way of CARD into main, as flannel's vxlan backend would
 *   routes save              print srcroute's IPv4 routes as messages ready to be sent, in the order of the kernel's dump
 *   routes save spread       the same, in the order that the kernel takes in fastest
 *   routes load              send the saved messages from standard input: no thinking, no checking, only writing
 *   routes dump              read all routes of both families, and print how many there are
 *   routes follow TABLE...   copy every IPv4 route that comes into main or goes, at once
 */
#include <arpa/inet.h>
#include <err.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

enum {
    /* One send is one system call. Larger ones are no faster; this many messages' refusals still fit the default receive buffer. */
    BATCH_SIZE = 16 * 1024,
    /* The kernel never puts more than 32 KiB of a dump in one piece. */
    PIECE_SIZE = 32 * 1024,

    SPREAD_METRICS = 1 << 14,
};

static void send_all(struct messages messages)
{
    int netlink = open_netlink();
    size_t start = 0, end = 0;

    while (start < messages.length) {
        struct nlmsghdr *last = NULL;
        while (end < messages.length) {
            struct nlmsghdr *next = (struct nlmsghdr *)(messages.bytes + end);
            size_t length = NLMSG_ALIGN(next->nlmsg_len);
            if (last && end + length - start > BATCH_SIZE)
                break;
            last = next;
            end += length;
        }
        send_batch(netlink, messages.bytes + start, end - start, last);
        start = end;
    }
    close(netlink);
}

static void fill(unsigned card, unsigned count)
{
    struct messages messages = {0};

    /* The first subnet is the node's own. */
    for (unsigned subnet = 1; subnet <= count; subnet++)
        append_overlay_route(&messages, RTM_NEWROUTE, subnet, card);
    send_all(messages);
}

/* Calls take, if there is one, for every route of a family; returns how many there are. */
static unsigned dump(int family, void (*take)(const struct nlmsghdr *, struct messages *), struct messages *messages)
{
    int netlink = open_netlink();
    struct {
        struct nlmsghdr header;
        struct rtmsg route;
    } request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = RTM_GETROUTE, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .route = {.rtm_family = family},
    };
    unsigned count = 0;

    if (send(netlink, &request, sizeof request, 0) < 0)
        err(1, "send");
    for (;;) {
        _Alignas(struct nlmsghdr) static char piece[PIECE_SIZE];
        ssize_t length = recv(netlink, piece, sizeof piece, 0);
        if (length < 0)
            err(1, "recv");
        for (struct nlmsghdr *message = (struct nlmsghdr *)piece; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
            if (message->nlmsg_type == NLMSG_DONE) {
                close(netlink);
                return count;
            }
            if (message->nlmsg_type != RTM_NEWROUTE)
                errx(1, "expected a route, got a message of type %u", message->nlmsg_type);
            count++;
            if (take)
                take(message, messages);
        }
    }
}

static void take_owned(const struct nlmsghdr *message, struct messages *messages)
{
    const struct rtmsg *route = NLMSG_DATA(message);
    if (route->rtm_protocol != OWNED)
        return;

    struct nlmsghdr *copy = (struct nlmsghdr *)extend(messages, NLMSG_ALIGN(message->nlmsg_len));
    memcpy(copy, message, message->nlmsg_len);
    copy->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
    copy->nlmsg_pid = 0;
    /* The other flags tell the route's state; the kernel does not take them back. */
    ((struct rtmsg *)NLMSG_DATA(copy))->rtm_flags &= RTNH_F_ONLINK;
}

static uint32_t destination(const struct nlmsghdr *message)
{
    const uint32_t *address = find_attribute(message, RTA_DST);
    return address ? ntohl(*address) : 0; /* a default route */
}

static uint32_t reverse_bits(uint32_t value)
{
    uint32_t reversed = 0;
    for (int bit = 0; bit < 32; bit++)
        reversed |= (value >> bit & 1) << (31 - bit);
    return reversed;
}

/*
 * An IPv4 table is a trie whose nodes grow with what they hold. Sorted destinations make them grow again and again; destinations
 * spread over the whole range fill it evenly. The tables take turns, so that what a destination needs is still in the caches.
 */
static int by_reversed_destination(const void *left, const void *right)
{
    const struct nlmsghdr *const *a = left, *const *b = right;
    uint32_t x = reverse_bits(destination(*a)), y = reverse_bits(destination(*b));
    if (x != y)
        return x < y ? -1 : 1;
    /* qsort need not be stable. */
    return *a < *b ? -1 : 1;
}

static void print(const void *bytes, size_t length)
{
    if (fwrite(bytes, 1, length, stdout) != length)
        err(1, "write");
}

static void save(bool spread)
{
    struct messages messages = {0};
    dump(AF_INET, take_owned, &messages);
    if (!spread) {
        print(messages.bytes, messages.length);
        return;
    }

    size_t count = 0;
    struct nlmsghdr **order = malloc(messages.length / sizeof **order * sizeof *order);
    if (!order)
        err(1, "malloc");
    for (size_t start = 0; start < messages.length; start += NLMSG_ALIGN(order[count++]->nlmsg_len))
        order[count] = (struct nlmsghdr *)(messages.bytes + start);
    qsort(order, count, sizeof *order, by_reversed_destination);
    for (size_t i = 0; i < count; i++)
        print(order[i], NLMSG_ALIGN(order[i]->nlmsg_len));
}

static void load(void)
{
    struct messages messages = {0};
    for (;;) {
        enum { CHUNK = 1 << 20 };
        ssize_t length = read(STDIN_FILENO, extend(&messages, CHUNK), CHUNK);
        if (length < 0)
            err(1, "read");
        messages.length -= CHUNK - length;
        if (length == 0)
            break;
    }
    send_all(messages);
}

/* Writes every change of main into the tables as it comes. */
static void follow(char **tables)
{
    int group = open_group(), kernel = open_netlink();

    puts("listening");
    fflush(stdout);
    for (;;) {
        _Alignas(struct nlmsghdr) char told[4096];
        struct nlmsghdr *message = (struct nlmsghdr *)told, *copy = NULL;
        struct rtmsg *route = NLMSG_DATA(message);
        struct messages copies = {0};

        if (recv(group, told, sizeof told, 0) < 0)
            err(1, "recv");
        if (route->rtm_table != RT_TABLE_MAIN)
            continue;
        message->nlmsg_flags = NLM_F_REQUEST | (message->nlmsg_type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0);
        message->nlmsg_pid = 0;
        route->rtm_protocol = OWNED;
        route->rtm_table = RT_TABLE_UNSPEC;
        route->rtm_flags &= RTNH_F_ONLINK;
        for (char **table = tables; *table; table++) {
            *(uint32_t *)find_attribute(message, RTA_TABLE) = strtoul(*table, NULL, 10);
            size_t start = copies.length;
            memcpy(extend(&copies, NLMSG_ALIGN(message->nlmsg_len)), message, message->nlmsg_len);
            /* Among thousands of routes by one card with one metric the kernel would search long. */
            if (message->nlmsg_type == RTM_NEWROUTE)
                add_attribute(&copies, RTA_PRIORITY, 1 + overlay_subnet(message) % SPREAD_METRICS);
            copy = (struct nlmsghdr *)(copies.bytes + start);
            copy->nlmsg_len = copies.length - start;
        }
        send_batch(kernel, copies.bytes, copies.length, copy);
        free(copies.bytes);
    }
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";

    if (!strcmp(verb, "fill") && argc == 4)
        fill(find_card(argv[2]), strtoul(argv[3], NULL, 10));
    else if (!strcmp(verb, "save") && argc == 2)
        save(false);
    else if (!strcmp(verb, "save") && argc == 3 && !strcmp(argv[2], "spread"))
        save(true);
    else if (!strcmp(verb, "load") && argc == 2)
        load();
    else if (!strcmp(verb, "dump") && argc == 2)
        printf("%u\n", dump(AF_INET, NULL, NULL) + dump(AF_INET6, NULL, NULL));
    else if (!strcmp(verb, "follow") && argc > 2)
        follow(argv + 2);
    else
        errx(1, "usage: routes fill CARD COUNT | save [spread] | load | dump | follow TABLE...");
    return 0;
}

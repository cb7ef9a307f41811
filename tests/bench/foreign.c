/*
 * Work of others: a full routing table, as BGP daemons write it into main, its churn, and somebody who deletes what is srcroute's.
 *
 *   foreign fill GATEWAY COUNT          writes COUNT /24 routes by GATEWAY into main
 *   foreign churn GATEWAY COUNT RATE    deletes and adds the last of COUNT, RATE times a second altogether, until it is killed
 *   foreign undo rule|route TIMES       deletes a rule, or a route in a source table, that is srcroute's and waits until it is back, TIMES times
 *
 * undo prints for each time the microseconds from before the deletion is sent until the kernel's notification of the repair is received.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netlink.h"

enum {
    BGP = 186,
    FIRST = 16 << 24, /* 16.0.0.0 and on */
    CHURNED = 4096,
    BATCH_SIZE = 16 * 1024,
    PATIENCE_MS = 20 * 1000,
    MOST = 64, /* rules or routes that take turns */
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static struct nlmsghdr *append(struct messages *messages, int type, unsigned number, uint32_t gateway)
{
    size_t start = messages->length;
    struct {
        struct nlmsghdr header;
        struct rtmsg route;
    } *message = (void *)extend(messages, sizeof *message);

    memset(message, 0, sizeof *message);
    message->header.nlmsg_type = type;
    message->header.nlmsg_flags = NLM_F_REQUEST | (type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0);
    message->route.rtm_family = AF_INET;
    message->route.rtm_dst_len = 24;
    message->route.rtm_table = RT_TABLE_MAIN;
    message->route.rtm_protocol = BGP;
    message->route.rtm_type = RTN_UNICAST;
    add_attribute(messages, RTA_DST, htonl(FIRST + (number << 8)));
    add_attribute(messages, RTA_GATEWAY, gateway);
    /* Routes that agree in it are found by a walk through all of them. */
    add_attribute(messages, RTA_PRIORITY, 20);
    struct nlmsghdr *header = (struct nlmsghdr *)(messages->bytes + start);
    header->nlmsg_len = messages->length - start;
    return header;
}

static void fill(uint32_t gateway, unsigned count)
{
    int netlink = open_netlink();
    struct messages messages = {0};

    for (unsigned number = 0; number < count; number++) {
        struct nlmsghdr *last = append(&messages, RTM_NEWROUTE, number, gateway);
        if (messages.length > BATCH_SIZE || number + 1 == count) {
            send_batch(netlink, messages.bytes, messages.length, last);
            messages.length = 0;
        }
    }
}

/* Each change has its time; those that the kernel was too slow for follow at once. */
static void churn(uint32_t gateway, unsigned count, unsigned rate)
{
    int netlink = open_netlink();
    double start = now();

    for (unsigned long change = 0;; change++) {
        struct messages messages = {0};
        double left = start + change * 1e6 / rate - now();
        if (left > 0)
            usleep(left);
        struct nlmsghdr *message = append(&messages, change & 1 ? RTM_NEWROUTE : RTM_DELROUTE, count - 1 - change / 2 % CHURNED, gateway);
        send_batch(netlink, messages.bytes, messages.length, message);
        free(messages.bytes);
    }
}

static uint8_t protocol(const struct nlmsghdr *message)
{
    if (message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE)
        return ((const struct rtmsg *)NLMSG_DATA(message))->rtm_protocol;
    /* struct fib_rule_hdr is as long as struct rtmsg. */
    const uint8_t *value = find_attribute(message, FRA_PROTOCOL);
    return value ? *value : 0;
}

/* A rule for mark 0: a deletion with its words takes the first rule with its mask, whatever its mark. */
static bool is_wild(const struct nlmsghdr *message)
{
    const uint32_t *mark = find_attribute(message, FRA_FWMARK);
    return find_attribute(message, FRA_FWMASK) && (!mark || !*mark);
}

/* All rules, or all routes but main's and local's, of IPv4 that are srcroute's: up to MOST. */
static unsigned owned(int type, struct nlmsghdr **found)
{
    int netlink = open_netlink();
    struct {
        struct nlmsghdr header;
        struct rtmsg route;
    } request = {
        .header = {.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP},
        .route = {.rtm_family = AF_INET},
    };
    unsigned count = 0;

    if (send(netlink, &request, sizeof request, 0) < 0)
        err(1, "send");
    for (;;) {
        _Alignas(struct nlmsghdr) static char piece[32 * 1024];
        ssize_t length = recv(netlink, piece, sizeof piece, 0);
        if (length < 0)
            err(1, "recv");
        for (struct nlmsghdr *message = (struct nlmsghdr *)piece; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
            if (message->nlmsg_type == NLMSG_DONE) {
                close(netlink);
                return count;
            }
            if (protocol(message) == OWNED && !(type == RTM_GETRULE && is_wild(message)) && count < MOST) {
                found[count] = malloc(NLMSG_ALIGN(message->nlmsg_len));
                memcpy(found[count++], message, message->nlmsg_len);
            }
        }
    }
}

/* What the kernel keys on, and the table it is in. */
static bool same(const struct nlmsghdr *a, const struct nlmsghdr *b)
{
    static const int keys[] = {RTA_DST, RTA_SRC, RTA_PRIORITY, RTA_TABLE, FRA_FWMARK};
    const struct rtmsg *one = NLMSG_DATA(a), *other = NLMSG_DATA(b);
    if (one->rtm_dst_len != other->rtm_dst_len || one->rtm_src_len != other->rtm_src_len || protocol(a) != protocol(b))
        return false;
    for (unsigned i = 0; i < sizeof keys / sizeof *keys; i++) {
        const uint32_t *x = find_attribute(a, keys[i]), *y = find_attribute(b, keys[i]);
        if (!x != !y || (x && *x != *y))
            return false;
    }
    return true;
}

static void undo(bool rules, unsigned times)
{
    struct nlmsghdr *found[MOST];
    unsigned count = owned(rules ? RTM_GETRULE : RTM_GETROUTE, found);
    int kernel = open_netlink(), group = open_netlink(), size = 64 << 20;
    int number = rules ? RTNLGRP_IPV4_RULE : RTNLGRP_IPV4_ROUTE;
    struct sockaddr_nl any = {.nl_family = AF_NETLINK};

    if (!count)
        errx(1, "there is nothing of srcroute's");
    setsockopt(group, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
    if (bind(group, (struct sockaddr *)&any, sizeof any) < 0 || setsockopt(group, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &number, sizeof number) < 0)
        err(1, "bind");
    for (unsigned i = 0; i < times; i++) {
        struct nlmsghdr *wanted = found[i % count];
        struct messages messages = {0};
        memcpy(extend(&messages, NLMSG_ALIGN(wanted->nlmsg_len)), wanted, wanted->nlmsg_len);
        struct nlmsghdr *message = (struct nlmsghdr *)messages.bytes;
        message->nlmsg_type = rules ? RTM_DELRULE : RTM_DELROUTE;
        message->nlmsg_flags = NLM_F_REQUEST;
        message->nlmsg_pid = 0;
        if (!rules)
            ((struct rtmsg *)NLMSG_DATA(message))->rtm_flags &= RTNH_F_ONLINK;
        /* What somebody keeps undoing is repaired later and later: each has its rest. */
        usleep(20 * 1000 + rand() % 20000);
        double start = now();
        send_batch(kernel, messages.bytes, messages.length, message);
        for (bool back = false; !back;) {
            _Alignas(struct nlmsghdr) static char told[32 * 1024];
            struct pollfd descriptor = {.fd = group, .events = POLLIN};
            if (poll(&descriptor, 1, PATIENCE_MS) < 1)
                errx(1, "it did not come back within %d s", PATIENCE_MS / 1000);
            ssize_t length = recv(group, told, sizeof told, 0);
            if (length < 0)
                err(1, "recv");
            for (struct nlmsghdr *event = (struct nlmsghdr *)told; NLMSG_OK(event, length); event = NLMSG_NEXT(event, length))
                back |= event->nlmsg_type == (rules ? RTM_NEWRULE : RTM_NEWROUTE) && same(event, wanted);
        }
        printf("%.0f\n", now() - start);
        fflush(stdout);
        free(messages.bytes);
    }
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";

    if (!strcmp(verb, "fill") && argc == 4)
        fill(inet_addr(argv[2]), strtoul(argv[3], NULL, 10));
    else if (!strcmp(verb, "churn") && argc == 5)
        churn(inet_addr(argv[2]), strtoul(argv[3], NULL, 10), strtoul(argv[4], NULL, 10));
    else if (!strcmp(verb, "undo") && argc == 4)
        undo(!strcmp(argv[2], "rule"), strtoul(argv[3], NULL, 10));
    else
        errx(1, "usage: foreign fill GATEWAY COUNT | churn GATEWAY COUNT RATE | undo rule|route TIMES");
    return 0;
}

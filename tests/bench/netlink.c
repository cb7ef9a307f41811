#include "netlink.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum {
    OVERLAY_PREFIX_LENGTH = 27,
    /* A burst may find the listener not running for a while. */
    GROUP_BUFFER = 128 << 20,
};

static const char overlay_network[] = "10.240.0.0"; /* /12 */

char *extend(struct messages *messages, size_t length)
{
    if (messages->length + length > messages->capacity) {
        messages->capacity = 2 * (messages->length + length);
        messages->bytes = realloc(messages->bytes, messages->capacity);
        if (!messages->bytes)
            err(1, "realloc");
    }
    char *end = messages->bytes + messages->length;
    messages->length += length;
    return end;
}

void add_attribute(struct messages *messages, unsigned short type, uint32_t value)
{
    struct rtattr *attribute = (struct rtattr *)extend(messages, RTA_LENGTH(sizeof value));
    attribute->rta_type = type;
    attribute->rta_len = RTA_LENGTH(sizeof value);
    memcpy(RTA_DATA(attribute), &value, sizeof value);
}

unsigned find_card(const char *name)
{
    unsigned card = if_nametoindex(name);
    if (!card)
        err(1, "%s", name);
    return card;
}

void append_overlay_route(struct messages *messages, int type, unsigned subnet, unsigned card)
{
    uint32_t address = htonl(ntohl(inet_addr(overlay_network)) + (subnet << (32 - OVERLAY_PREFIX_LENGTH)));
    size_t start = messages->length;
    struct {
        struct nlmsghdr header;
        struct rtmsg route;
    } *message = (void *)extend(messages, sizeof *message);

    memset(message, 0, sizeof *message);
    message->header.nlmsg_type = type;
    message->header.nlmsg_flags = NLM_F_REQUEST | (type == RTM_NEWROUTE ? NLM_F_CREATE | NLM_F_EXCL : 0);
    message->route.rtm_family = AF_INET;
    message->route.rtm_dst_len = OVERLAY_PREFIX_LENGTH;
    message->route.rtm_table = RT_TABLE_MAIN;
    message->route.rtm_protocol = RTPROT_BOOT;
    message->route.rtm_type = RTN_UNICAST;
    message->route.rtm_flags = RTNH_F_ONLINK;
    add_attribute(messages, RTA_DST, address);
    add_attribute(messages, RTA_GATEWAY, address);
    add_attribute(messages, RTA_OIF, card);
    ((struct nlmsghdr *)(messages->bytes + start))->nlmsg_len = messages->length - start;
}

unsigned overlay_subnet(const struct nlmsghdr *route)
{
    const uint32_t *address = find_attribute(route, RTA_DST);
    uint32_t offset = address ? ntohl(*address) - ntohl(inet_addr(overlay_network)) : UINT32_MAX;
    uint32_t subnet = offset >> (32 - OVERLAY_PREFIX_LENGTH);

    return ((const struct rtmsg *)NLMSG_DATA(route))->rtm_dst_len == OVERLAY_PREFIX_LENGTH && subnet < OVERLAY_SUBNETS ? subnet : OVERLAY_SUBNETS;
}

void *find_attribute(const struct nlmsghdr *route, int type)
{
    int length = RTM_PAYLOAD(route);
    for (struct rtattr *attribute = RTM_RTA(NLMSG_DATA(route)); RTA_OK(attribute, length); attribute = RTA_NEXT(attribute, length)) {
        if (attribute->rta_type == type)
            return RTA_DATA(attribute);
    }
    return NULL;
}

int open_netlink(void)
{
    int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0)
        err(1, "socket");
    return netlink;
}

int open_group(void)
{
    int netlink = open_netlink(), size = GROUP_BUFFER;
    struct sockaddr_nl address = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_IPV4_ROUTE};

    /* Without root there is only as much as net.core.rmem_max allows. */
    if (setsockopt(netlink, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(netlink, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (bind(netlink, (struct sockaddr *)&address, sizeof address) < 0)
        err(1, "bind");
    return netlink;
}

/* The kernel has worked through a batch when send returns, so there is one acknowledgement to wait for: the last one's, or a refusal. */
void send_batch(int netlink, char *batch, size_t length, struct nlmsghdr *last)
{
    struct {
        struct nlmsghdr header;
        struct nlmsgerr error;
        char refused[1024];
    } answer;

    last->nlmsg_flags |= NLM_F_ACK;
    if (send(netlink, batch, length, 0) < 0)
        err(1, "send");
    if (recv(netlink, &answer, sizeof answer, 0) < 0)
        err(1, "recv");
    if (answer.header.nlmsg_type != NLMSG_ERROR)
        errx(1, "expected an acknowledgement, got a message of type %u", answer.header.nlmsg_type);
    if (answer.error.error) {
        errno = -answer.error.error;
        err(1, "the kernel refused a route");
    }
}

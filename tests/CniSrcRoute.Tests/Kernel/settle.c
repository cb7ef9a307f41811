// Waits until a network is as it was made: until all ports of bridges forward, all veths with a carrier are up to whoever asks, and all IPv6 addresses that are in
// doubt are in none. A worker of the kernel does that when it gets to it, seconds later on a busy machine; what is sent before is lost.
#include "machine.h"

#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const struct rtattr *find(const struct rtattr *list, int length, int type) {
    for (; RTA_OK(list, length); list = RTA_NEXT(list, length))
        if ((list->rta_type & NLA_TYPE_MASK) == type)
            return list;
    return NULL;
}

static const struct rtattr *inside(const struct rtattr *outer, int type) {
    return outer == NULL ? NULL : find(RTA_DATA(outer), RTA_PAYLOAD(outer), type);
}

// Those that have a carrier: an address on another one stays tentative.
static bool has_carrier[1 << 12];

static bool is_ready_link(const struct ifinfomsg *link, const struct rtattr *list, int length) {
    has_carrier[link->ifi_index % (1 << 12)] = (link->ifi_flags & IFF_LOWER_UP) != 0;
    const struct rtattr *info = find(list, length, IFLA_LINKINFO);
    const struct rtattr *kind = inside(info, IFLA_INFO_KIND), *port = inside(info, IFLA_INFO_SLAVE_KIND);
    if (port != NULL && strcmp(RTA_DATA(port), "bridge") == 0) {
        const struct rtattr *state = inside(inside(info, IFLA_INFO_SLAVE_DATA), IFLA_BRPORT_STATE);
        if (state != NULL && *(const uint8_t *)RTA_DATA(state) != 3 /* forwarding */)
            return false;
    }
    const struct rtattr *state = find(list, length, IFLA_OPERSTATE);
    bool is_veth = kind != NULL && strcmp(RTA_DATA(kind), "veth") == 0;
    return !is_veth || (link->ifi_flags & IFF_UP) == 0 || (link->ifi_flags & IFF_LOWER_UP) == 0 || (state != NULL && *(const uint8_t *)RTA_DATA(state) == IF_OPER_UP);
}

static bool is_ready_address(const struct ifaddrmsg *address, const struct rtattr *list, int length) {
    const struct rtattr *flags = find(list, length, IFA_FLAGS);
    uint32_t set = flags == NULL ? address->ifa_flags : *(const uint32_t *)RTA_DATA(flags);
    return (set & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != IFA_F_TENTATIVE || !has_carrier[address->ifa_index % (1 << 12)];
}

static bool all_ready(int netlink, int type, unsigned char family) {
    struct {
        struct nlmsghdr header;
        struct ifinfomsg body;
    } request = {.header = {.nlmsg_len = sizeof request, .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP}, .body = {.ifi_family = family}};
    must(send(netlink, &request, sizeof request, 0), "send");
    bool ready = true;
    static char answer[1 << 16] __attribute__((aligned(8)));
    for (;;) {
        int length = must(recv(netlink, answer, sizeof answer, 0), "recv");
        for (struct nlmsghdr *message = (struct nlmsghdr *)answer; NLMSG_OK(message, length); message = NLMSG_NEXT(message, length)) {
            if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
                return ready;
            void *body = NLMSG_DATA(message);
            ready &= message->nlmsg_type == RTM_NEWLINK ? is_ready_link(body, IFLA_RTA(body), IFLA_PAYLOAD(message))
                                                        : is_ready_address(body, IFA_RTA(body), IFA_PAYLOAD(message));
        }
    }
}

void settle(void) {
    int netlink = must(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "netlink");
    while (!all_ready(netlink, RTM_GETLINK, AF_UNSPEC) || !all_ready(netlink, RTM_GETADDR, AF_INET6))
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    close(netlink);
}

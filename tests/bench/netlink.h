/* What the bench's C programs share: rtnetlink, and the overlay routes that flannel would write. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

enum {
    OWNED = 206, /* srcroute's protocol number */

    OVERLAY_SUBNETS = 1 << 15, /* of 27 bits, in a network of 12 */
};

struct messages {
    char *bytes;
    size_t length, capacity;
};

/* Makes room at the end, and returns it. */
char *extend(struct messages *messages, size_t length);

/* Adds an attribute to a message that ends there; its length is not updated. */
void add_attribute(struct messages *messages, unsigned short type, uint32_t value);

unsigned find_card(const char *name);

/* A message that adds to main, or deletes, the route to a subnet of the overlay network by way of a card. */
void append_overlay_route(struct messages *messages, int type, unsigned subnet, unsigned card);

/* The number of the subnet a route leads to; OVERLAY_SUBNETS if that is another one. */
unsigned overlay_subnet(const struct nlmsghdr *route);

/* An attribute's payload, or NULL. */
void *find_attribute(const struct nlmsghdr *route, int type);

int open_netlink(void);

/* A socket that hears of IPv4 routes that come or go in any table. */
int open_group(void);

/* Ends the program if the kernel refuses one of the messages. */
void send_batch(int netlink, char *batch, size_t length, struct nlmsghdr *last);

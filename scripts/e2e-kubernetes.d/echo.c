// echo PORT: gives back what it is sent, by TCP and UDP, on every address of both families. Bound to no address, as most servers are: the kernel chooses the
// source of what it answers by UDP.
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int bound(int type, int port)
{
    struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_ANY_INIT };
    int server = socket(AF_INET6, type, 0), one = 1;
    setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(server, (struct sockaddr *)&any, sizeof any) != 0 || (type == SOCK_STREAM && listen(server, 128) != 0)) {
        perror("echo");
        exit(1);
    }
    return server;
}

int main(int count, char **words)
{
    char text[2048];
    ssize_t length;
    int port = count == 2 ? atoi(words[1]) : 0, datagrams = bound(SOCK_DGRAM, port), connections = bound(SOCK_STREAM, port);

    signal(SIGCHLD, SIG_IGN);
    if (fork() == 0)
        for (;;) {
            struct sockaddr_in6 client;
            socklen_t size = sizeof client;
            length = recvfrom(datagrams, text, sizeof text, 0, (struct sockaddr *)&client, &size);
            if (length >= 0)
                sendto(datagrams, text, length, 0, (struct sockaddr *)&client, size);
        }
    for (;;) {
        int client = accept(connections, NULL, NULL);
        if (client >= 0 && fork() == 0) {
            while ((length = read(client, text, sizeof text)) > 0 && write(client, text, length) == length);
            return 0;
        }
        close(client);
    }
}

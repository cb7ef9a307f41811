// A machine of its own for a test: `machine make SHIELDED` makes one, which lives as long as its standard input; `machine enter PID PROGRAM ARGUMENT...` runs a
// program on it, PID being the maker's; `machine networks PID NAME...` makes networks on it, as `ip netns add` does; `machine settle PID` waits until all its networks
// are as they were made. A test makes one or two and enters them many times; unshare(1), mount(8) and nsenter(1) took half of the time of all tests.
#define _GNU_SOURCE
#include "machine.h"

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int must(int result, const char *what) {
    if (result < 0)
        err(1, "machine: %s", what);
    return result;
}

static void join(const char *process, const char *kind) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/ns/%s", process, kind);
    int namespace = must(open(path, O_RDONLY | O_CLOEXEC), path);
    must(setns(namespace, 0), path);
    close(namespace);
}

static void set(const char *key, char value) {
    char path[128];
    snprintf(path, sizeof path, "/proc/sys/net/%s", key);
    int file = must(open(path, O_WRONLY | O_CLOEXEC), path);
    must(write(file, &value, 1), path);
    close(file);
}

static void raise_loopback(void) {
    int socket4 = must(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket");
    struct ifreq loopback = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    must(ioctl(socket4, SIOCSIFFLAGS, &loopback), "lo");
    close(socket4);
}

// As every node with several cards has it, and all around hands on packets.
static void tune(char rp_filter) {
    set("ipv4/conf/all/rp_filter", rp_filter);
    set("ipv4/ip_forward", '1');
    set("ipv6/conf/all/forwarding", '1');
    set("ipv6/conf/all/accept_dad", '0');
    set("ipv6/conf/default/accept_dad", '0');
    set("ipv6/conf/default/accept_ra", '0');
    raise_loopback();
}

// Nothing comes by itself, and later: no link-local addresses.
static void tune_quietly(void) {
    tune('2');
    set("ipv6/conf/default/addr_gen_mode", '1');
}

// A new network, which the process is in then.
static void name_network(const char *name) {
    char path[128];
    snprintf(path, sizeof path, "/run/netns/%s", name);
    must(unshare(CLONE_NEWNET), name);
    close(must(open(path, O_CREAT | O_EXCL | O_RDONLY | O_CLOEXEC, 0), path));
    must(mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL), path);
}

// A tmpfs with the directories and symbolic links of another place.
static void shadow(const char *original, const char *place) {
    must(mount("shadow", place, "tmpfs", 0, NULL), place);
    DIR *directory = opendir(original);
    if (directory == NULL)
        err(1, "machine: %s", original);
    for (struct dirent *entry; (entry = readdir(directory));) {
        char from[512], to[512], target[512] = "";
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(from, sizeof from, "%s/%s", original, entry->d_name);
        snprintf(to, sizeof to, "%s/%s", place, entry->d_name);
        if (readlink(from, target, sizeof target - 1) < 0)
            must(mkdir(to, 0755), to);
        else
            must(symlink(target, to), to);
    }
    closedir(directory);
}

// Of the kernel's settings those of the machine's own network and process numbers can be changed, as shield_settings in scripts/lib/shield has it.
static void shield_settings(void) {
    must(mount("/proc/sys", "/proc/sys", NULL, MS_BIND, NULL), "/proc/sys");
    must(mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), "/proc/sys");
    for (const char *open[] = {"/proc/sys/net", "/proc/sys/kernel/ns_last_pid", NULL}, **place = open; *place; place++) {
        must(mount(*place, *place, NULL, MS_BIND, NULL), *place);
        must(mount(NULL, *place, NULL, MS_REMOUNT | MS_BIND, NULL), *place);
    }
}

// The machine's process 1: when it ends, the kernel ends all others.
static int live(void) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    must(mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "/proc");
    shield_settings();
    must(mount("run", "/run", "tmpfs", 0, NULL), "/run");
    shadow("/mnt/shadow/etc", "/etc");
    shadow("/mnt/shadow/lib", "/var/lib");
    must(mkdir("/run/flannel", 0755), "/run/flannel");
    must(mkdir("/run/netns", 0755), "/run/netns");
    tune_quietly();

    // The network for the other ends of cables.
    must(mount("/run/netns", "/run/netns", NULL, MS_BIND, NULL), "/run/netns");
    must(mount(NULL, "/run/netns", NULL, MS_SHARED | MS_REC, NULL), "/run/netns");
    int own = must(open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), "own network");
    name_network("lan");
    tune_quietly();
    must(setns(own, CLONE_NEWNET), "own network");
    close(own);

    must(chdir("/"), "/");
    puts("ready");
    fclose(stdout);
    char nothing[64];
    while (read(STDIN_FILENO, nothing, sizeof nothing) > 0) {
    }
    return 0;
}

static int wait_for(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            err(1, "machine: wait");
    if (WIFSIGNALED(status)) {
        signal(WTERMSIG(status), SIG_DFL);
        raise(WTERMSIG(status));
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int add_networks(char **names) {
    for (; *names; names++) {
        name_network(*names);
        tune('0');
        set("ipv4/conf/default/rp_filter", '0');
    }
    return 0;
}

static int settle_all(void) {
    settle();
    DIR *directory = opendir("/run/netns");
    if (directory == NULL)
        err(1, "machine: /run/netns");
    for (struct dirent *entry; (entry = readdir(directory));) {
        int network = openat(dirfd(directory), entry->d_name, O_RDONLY | O_CLOEXEC);
        if (entry->d_name[0] != '.' && network >= 0 && setns(network, CLONE_NEWNET) == 0)
            settle();
        close(network);
    }
    closedir(directory);
    return 0;
}

int main(int count, char **arguments) {
    const char *what = count > 2 ? arguments[1] : "";
    if (count == 3 && strcmp(what, "make") == 0) {
        join(arguments[2], "mnt");
        must(unshare(CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID), "unshare");
        must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), "/");
        pid_t first = must(fork(), "fork");
        return first == 0 ? live() : wait_for(first);
    }
    if (count > 2) {
        join(arguments[2], "net");
        join(arguments[2], "pid_for_children");
        join(arguments[2], "mnt");
        pid_t child = must(fork(), "fork");
        if (child != 0)
            return wait_for(child);
        if (strcmp(what, "networks") == 0)
            return add_networks(arguments + 3);
        if (strcmp(what, "settle") == 0)
            return settle_all();
        if (count > 3 && strcmp(what, "enter") == 0) {
            execvp(arguments[3], arguments + 3);
            err(errno == ENOENT ? 127 : 126, "machine: %s", arguments[3]);
        }
    }
    errx(2, "machine: make PID, enter PID PROGRAM ARGUMENT..., networks PID NAME..., or settle PID");
}

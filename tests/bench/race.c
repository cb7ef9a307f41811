/*
 * Runs programs in turn, again and again, so that whatever else the machine does meets all of them alike.
 *
 *   race [-n RUNS] [-w WARMUPS] [-r RESET] INPUT PROGRAM [ARGUMENT]... [: INPUT PROGRAM [ARGUMENT]...]...
 *
 * INPUT is the file that a program gets as its standard input. The shell command RESET runs before each program, and is not timed.
 * Prints a line for each program: the median of its wall times in microseconds, and its peak resident memory in KiB.
 */
#define _GNU_SOURCE /* environ */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONTESTANTS = 8 };

struct contestant {
    char *input, **command;
    double *microseconds; /* of every counted run */
    long peak_kib;
};

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static double run(struct contestant *contestant)
{
    posix_spawn_file_actions_t files;
    struct rusage usage;
    int status;
    pid_t pid;

    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, contestant->input, O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);

    double start = now();
    errno = posix_spawnp(&pid, contestant->command[0], &files, NULL, contestant->command, environ);
    if (errno)
        err(1, "%s", contestant->command[0]);
    /* A program's peak is never below that of its parent, whose memory it shared until exec: this one stays small. */
    if (wait4(pid, &status, 0, &usage) < 0)
        err(1, "wait4");
    double end = now();

    posix_spawn_file_actions_destroy(&files);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        errx(1, "%s failed: wait status 0x%x", contestant->command[0], status);
    if (usage.ru_maxrss > contestant->peak_kib)
        contestant->peak_kib = usage.ru_maxrss;
    return end - start;
}

static int ascending(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

int main(int argc, char **argv)
{
    const char *reset = NULL;
    int runs = 1, warmups = 0, count = 0, option;
    struct contestant contestants[MAX_CONTESTANTS] = {0};

    /* +: what begins with a dash after the first INPUT belongs to a program. */
    while ((option = getopt(argc, argv, "+n:w:r:")) != -1) {
        switch (option) {
        case 'n': runs = atoi(optarg); break;
        case 'w': warmups = atoi(optarg); break;
        case 'r': reset = optarg; break;
        default: return 1;
        }
    }

    for (char **word = argv + optind; *word; count++) {
        if (count == MAX_CONTESTANTS || !word[1])
            errx(1, "expected INPUT PROGRAM, at most %d times", MAX_CONTESTANTS);
        struct contestant *contestant = &contestants[count];
        contestant->input = word[0];
        contestant->command = word + 1;
        contestant->microseconds = calloc(runs, sizeof *contestant->microseconds);
        if (!contestant->microseconds)
            err(1, "calloc");
        while (*word && strcmp(*word, ":"))
            word++;
        if (*word)
            *word++ = NULL;
    }

    for (int i = -warmups; i < runs; i++) {
        for (struct contestant *contestant = contestants; contestant < contestants + count; contestant++) {
            if (reset && system(reset) != 0)
                errx(1, "%s failed", reset);
            double microseconds = run(contestant);
            if (i >= 0)
                contestant->microseconds[i] = microseconds;
        }
    }

    for (struct contestant *contestant = contestants; contestant < contestants + count; contestant++) {
        qsort(contestant->microseconds, runs, sizeof *contestant->microseconds, ascending);
        double median = (contestant->microseconds[(runs - 1) / 2] + contestant->microseconds[runs / 2]) / 2;
        printf("%.0f %ld\n", median, contestant->peak_kib);
    }
    return 0;
}

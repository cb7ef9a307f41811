// What machine.c and settle.c have in common.
#pragma once

// Ends the program where a system call has failed.
int must(int result, const char *what);

// Waits until the network that the process is in is as it was made.
void settle(void);

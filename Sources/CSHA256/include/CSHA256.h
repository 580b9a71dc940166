// SHA-256 of two messages at once, by the CPU's SHA instructions (Specs/ContentAddresses.md,
// "Decisions"). One message leaves these instructions half idle: each waits for the one before.

#ifndef CSHA256_H
#define CSHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether this CPU has what `sha256_blocks_of_two` needs.
bool sha256_pair_is_here(void);

/// Takes `count` blocks of 64 bytes of each message into its state of eight words.
/// Only where `sha256_pair_is_here`.
void sha256_blocks_of_two(
    uint32_t first[8], const uint8_t *first_blocks, uint32_t second[8],
    const uint8_t *second_blocks, size_t count);

#endif

// libsodium: Ed25519, X25519, Argon2id, secretbox, random bytes.
#pragma once
#include <sodium.h>
